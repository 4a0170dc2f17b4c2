// See flood.h.
#include "runtime/http2/flood.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#include "runtime/io/limits.h"

namespace {

constexpr size_t kFrameHeader = 9;
constexpr double kNanosecondsPerSecond = 1e9;
constexpr double kRefill = static_cast<uint64_t>(valk_limit_flood_rate);
constexpr double kAnswersToData = static_cast<uint64_t>(valk_limit_flood_window_updates_for_data);
constexpr uint64_t kBudgets[VALK_FLOODS] = {
    valk_limit_flood_resets_received, valk_limit_flood_resets_sent, valk_limit_flood_pings,
    valk_limit_flood_settings,        valk_limit_flood_priorities,  valk_limit_flood_empty_data,
    valk_limit_flood_window_updates,  valk_limit_flood_unknown};

size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t length_of(const uint8_t* header) {
  return static_cast<size_t>(header[0]) << 16 | static_cast<size_t>(header[1]) << 8 | header[2];
}

uint32_t stream_of(const uint8_t* header) {
  return (header[5] & 0x7fu) << 24 | static_cast<uint32_t>(header[6]) << 16 |
         static_cast<uint32_t>(header[7]) << 8 | header[8];
}

/// What a frame costs; VALK_FLOODS: nothing.
ValkFloodKind kind_of(const uint8_t* header) {
  switch (header[3]) {
    case NGHTTP2_RST_STREAM:
      return VALK_FLOOD_RESETS_RECEIVED;
    case NGHTTP2_PING:
      return VALK_FLOOD_PINGS;
    case NGHTTP2_SETTINGS:
      return VALK_FLOOD_SETTINGS;
    case NGHTTP2_PRIORITY:
      return VALK_FLOOD_PRIORITIES;
    case NGHTTP2_WINDOW_UPDATE:
      return VALK_FLOOD_WINDOW_UPDATES;
    case NGHTTP2_DATA:
      return length_of(header) == 0 && !(header[4] & NGHTTP2_FLAG_END_STREAM)
                 ? VALK_FLOOD_EMPTY_DATA
                 : VALK_FLOODS;
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
    case NGHTTP2_GOAWAY:
    case NGHTTP2_PUSH_PROMISE:
      return VALK_FLOODS;
    default:
      return VALK_FLOOD_UNKNOWN;
  }
}

}  // namespace

ValkFloodGauge::ValkFloodGauge() : preface_left_(NGHTTP2_CLIENT_MAGIC_LEN) {
  for (int i = 0; i < VALK_FLOODS; i++) budgets_[i] = static_cast<double>(kBudgets[i]);
}

void ValkFloodGauge::refill() {
  double more =
      refilled_ ? static_cast<double>(now_ - refilled_) / kNanosecondsPerSecond * kRefill : 0;
  refilled_ = now_;
  for (int i = 0; i < VALK_FLOODS; i++) {
    double full = static_cast<double>(kBudgets[i]);
    budgets_[i] = budgets_[i] + more < full ? budgets_[i] + more : full;
  }
}

bool ValkFloodGauge::spend(ValkFloodKind kind) {
  if (refilled_ != now_) refill();
  return (budgets_[kind] -= 1) >= 0;
}

bool ValkFloodGauge::refuse(uint32_t error) {
  verdict_ = error;
  return false;
}

/// False: the stream is one that was passed over.
bool ValkFloodGauge::note_stream(uint32_t stream) {
  if (stream > highest_) {
    uint32_t next = highest_ ? highest_ + 2 : 1;
    if (stream > next) skipped_[skips_++ % kRanges] = {next, stream - 2};
    highest_ = stream;
    return true;
  }
  for (uint32_t i = 0; i < least(skips_, kRanges); i++)
    if (stream >= skipped_[i].first && stream <= skipped_[i].last) return false;
  return true;
}

/// The header of a frame is there. False: the frame is too much.
bool ValkFloodGauge::begin_frame() {
  uint8_t type = header_[3];
  payload_left_ = length_of(header_);
  if (type == NGHTTP2_HEADERS) {
    if (!block_began_) block_began_ = frame_began_;
    block_frames_ = 0;
    bool is_a_clients = header_[8] & 1;  // nghttp2 refuses the others
    if (is_a_clients && !note_stream(stream_of(header_))) return refuse(NGHTTP2_PROTOCOL_ERROR);
  }
  if (type == NGHTTP2_CONTINUATION && ++block_frames_ > valk_limit_continuations)
    return refuse(NGHTTP2_ENHANCE_YOUR_CALM);
  ValkFloodKind kind = kind_of(header_);
  if (kind != VALK_FLOODS && !spend(kind)) return refuse(NGHTTP2_ENHANCE_YOUR_CALM);
  return true;
}

void ValkFloodGauge::end_frame() {
  header_have_ = 0;
  bool is_block = header_[3] == NGHTTP2_HEADERS || header_[3] == NGHTTP2_CONTINUATION;
  if (is_block && header_[4] & NGHTTP2_FLAG_END_HEADERS) block_began_ = 0;
}

size_t ValkFloodGauge::admit(const char* bytes, size_t length, uint64_t now) {
  now_ = now ? now : 1;
  size_t at = least(preface_left_, length);
  preface_left_ -= at;
  while (at < length) {
    if (header_have_ < kFrameHeader) {
      if (header_have_ == 0) frame_began_ = now_;
      size_t count = least(kFrameHeader - header_have_, length - at);
      memcpy(header_ + header_have_, bytes + at, count);
      header_have_ += count;
      at += count;
      if (header_have_ < kFrameHeader) break;
      if (!begin_frame()) return at;
    }
    size_t count = least(payload_left_, length - at);
    payload_left_ -= count;
    at += count;
    if (payload_left_ == 0) end_frame();
  }
  return length;
}

void ValkFloodGauge::meet_data_sent() { budgets_[VALK_FLOOD_WINDOW_UPDATES] += kAnswersToData; }

uint64_t ValkFloodGauge::unfinished_since() const {
  if (block_began_) return block_began_;
  bool is_unfinished = header_have_ && (header_have_ < kFrameHeader || header_[3] != NGHTTP2_DATA);
  return is_unfinished ? frame_began_ : 0;
}
