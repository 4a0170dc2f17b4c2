// What a client may make a server do: a count of the frames that cost work and bring nothing, kept from the bytes
// themselves, before nghttp2 sees them. It answers the attacks that are all legal frames: floods, header blocks
// and frames that never end (io/limits.def). No socket, no clock: time comes in with the bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// What is counted: a budget each, refilled by the second.
enum ValkFloodKind {
  VALK_FLOOD_RESETS_RECEIVED,
  VALK_FLOOD_RESETS_SENT,
  VALK_FLOOD_PINGS,
  VALK_FLOOD_SETTINGS,
  VALK_FLOOD_PRIORITIES,
  VALK_FLOOD_EMPTY_DATA,
  VALK_FLOOD_WINDOW_UPDATES,
  VALK_FLOOD_UNKNOWN,
  VALK_FLOODS
};

class ValkFloodGauge {
 public:
  ValkFloodGauge();
  /// Looks at bytes from the client that come at `now`. Gives how many of them nghttp2 may have: if fewer than
  /// all, `verdict` is the error that the connection is to end with.
  size_t admit(const char* bytes, size_t length, uint64_t now);
  uint32_t verdict() const { return verdict_; }
  /// Takes one from a budget. False if there have been too many.
  bool spend(ValkFloodKind kind);
  /// DATA was sent: so many WINDOW_UPDATE may answer it.
  void meet_data_sent();
  /// When a header block began that has not ended, or another frame that is not DATA; 0: there is none.
  uint64_t unfinished_since() const;

 private:
  /// Identifiers that a client has passed over: they are closed, and must not be opened (RFC 9113, 5.1.1).
  /// nghttp2 takes them for streams of long ago and says nothing. A client that counts has none.
  struct Range {
    uint32_t first, last;
  };
  static constexpr uint32_t kRanges = 8;

  void refill();
  bool begin_frame();
  void end_frame();
  bool note_stream(uint32_t stream);
  bool refuse(uint32_t error);

  double budgets_[VALK_FLOODS];
  uint64_t refilled_ = 0;     ///< when the budgets were
  uint64_t now_ = 0;          ///< when bytes last came
  uint64_t block_began_ = 0;  ///< of the header block under way; 0: none is
  uint64_t frame_began_ = 0;
  size_t preface_left_;
  size_t header_have_ = 0;
  size_t payload_left_ = 0;
  size_t block_frames_ = 0;
  uint8_t header_[9];
  uint32_t highest_ = 0;  ///< of the streams opened
  uint32_t skips_ = 0;    ///< ranges ever noted; the latest are kept
  Range skipped_[kRanges];
  uint32_t verdict_ = 0;
};
