// Externs for foreign.valk: C++ that calls Lisp back, in the ways in which that can go.
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "runtime/valk_ext.h"

namespace {

bool is_error(const ValkData& d) { return d.kind == VALK_DATA_ERROR; }

/// Says when its frame is left, so that a test sees frames that are.
struct Witness {
  static int alive;
  Witness() { alive++; }
  ~Witness() { alive--; }
};
int Witness::alive = 0;

}  // namespace

extern "C" {

ValkData foreign_same(ValkData x) { return x; }

// Calls f on each element and gives the list of results; stops at an error.
ValkData foreign_map(ValkData f, ValkData list) {
  Witness witness;
  static std::vector<std::string> texts;
  std::vector<ValkData> results;
  std::vector<std::string> own;
  own.reserve(list.length);
  for (size_t i = 0; i < list.length; i++) {
    ValkData r = valk_call(f, &list.items[i], 1);
    if (is_error(r)) return r;
    if (r.kind == VALK_DATA_STRING) {  // valid until the next call only
      own.emplace_back(r.bytes, r.length);
      r.bytes = own.back().data();
    }
    results.push_back(r);
  }
  // Results are copied before the frame goes: by the caller, so they may not point into the frame.
  static std::vector<ValkData> kept;
  kept = results;
  texts = own;
  size_t next = 0;
  for (ValkData& d : kept)
    if (d.kind == VALK_DATA_STRING) d.bytes = texts[next++].data();
  return valk_data_list(kept.data(), kept.size());
}

// Calls f until it gives no integer, and adds up: an accumulator in a C++ frame.
ValkData foreign_sum(ValkData f) {
  Witness witness;
  int64_t sum = 0;
  for (int64_t i = 0;; i++) {
    ValkData n = valk_data_integer(i);
    ValkData r = valk_call(f, &n, 1);
    if (is_error(r)) return r;
    if (r.kind != VALK_DATA_INTEGER) return valk_data_integer(sum);
    sum += r.integer;
  }
}

// Catches: gives "caught KIND: MESSAGE" for an error.
ValkData foreign_try(ValkData f) {
  static std::string text;
  ValkData r = valk_call(f, nullptr, 0);
  if (!is_error(r)) return r;
  text = std::string("caught ") + r.error_kind + ": " + std::string(r.bytes, r.length);
  return valk_data_string(text.c_str());
}

// f gives a function, which is called with 2 and "two".
ValkData foreign_twice(ValkData f) {
  ValkData g = valk_call(f, nullptr, 0);
  ValkData arguments[] = {valk_data_integer(2), valk_data_string("two"), valk_data_nil(),
                          valk_data_real(0.5)};
  return valk_call(g, arguments, 4);
}

ValkData foreign_alive() { return valk_data_integer(Witness::alive); }

// A call outside the extern that was given f.
static ValkData stolen;
ValkData foreign_steal(ValkData f) {
  stolen = f;
  return valk_data_nil();
}
ValkData foreign_use_stolen() { return valk_call(stolen, nullptr, 0); }
ValkData foreign_use_stolen_with(ValkData) { return valk_call(stolen, nullptr, 0); }

// Recursion through C++ frames.
ValkData foreign_down(ValkData f, ValkData n) { return valk_call(f, &n, 1); }

// Completed by another thread; twice, which is harmless.
void foreign_later(ValkData ms, ValkHandle k) {
  std::thread([ms = ms.integer, k] {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    valk_resume_from_thread(k, valk_data_integer(ms));
    valk_resume_from_thread(k, valk_data_integer(-1));
  }).detach();
}
void foreign_fail_later(ValkData text, ValkHandle k) {
  std::string message(text.bytes, text.length);
  std::thread([message, k] { valk_fail_from_thread(k, ":weather", message.c_str()); }).detach();
}
void foreign_at_once(ValkData x, ValkHandle k) { valk_resume(k, x); }

}  // extern "C"
