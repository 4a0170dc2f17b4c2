// See option_keys.h.
#include "runtime/value/option_keys.h"

#include <algorithm>

#include "runtime/value/error.h"
#include "runtime/value/print.h"
#include "runtime/value/text.h"

/// With more options than that, none but the most similar one is named.
enum : size_t { MOST_LISTED = 8 };

/// Edit distance: changes of one character that make `b` of `a`.
static size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j)
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
    std::swap(above, row);
  }
  return above[b.size()];
}

/// A key is suggested if it begins with what was given, as :timeout-ms does with :timeout, or differs in one
/// character of three at most. Longer ones than any option are not looked at.
static std::string_view most_similar(std::string_view wrong,
                                     const std::vector<std::string_view>& keys) {
  enum : size_t { LONGEST = 40 };
  std::string_view best;
  if (wrong.size() > LONGEST) return best;
  size_t nearest = wrong.size() / 3 + 1;
  for (std::string_view key : keys) {
    size_t d = distance(wrong, key);
    bool begins = wrong.size() > 3 && key.substr(0, wrong.size()) == wrong;
    if (begins) d = 1;
    if (d >= nearest) continue;
    nearest = d;
    best = key;
  }
  return best;
}

Value valk_fail_options(Vm* vm, Value* sp, const char* name, Value got) {
  ValkText text;
  valk_show(&text, got);
  return valk_fail(vm, sp, ":type",
                   "%s: the options must be a list of keywords and values, not %.*s", name,
                   static_cast<int>(text.length()), text.bytes());
}

Value valk_fail_option(Vm* vm, Value* sp, const char* name, Value key,
                       const std::vector<std::string_view>& keys) {
  std::string_view wrong(valk_symbol_bytes(key), valk_symbol_length(key));
  std::string_view meant = most_similar(wrong, keys);
  ValkText hint;
  if (!meant.empty()) {
    hint.add("; did you mean ");
    hint.add(meant.data(), meant.size());
    hint.add("?");
  } else if (keys.size() <= MOST_LISTED) {
    hint.add("; there are");
    for (std::string_view key : keys) {
      hint.add(" ");
      hint.add(key.data(), key.size());
    }
  }
  return valk_fail(vm, sp, ":range", "%s: there is no option %.*s%.*s", name,
                   static_cast<int>(wrong.size()), wrong.data(), static_cast<int>(hint.length()),
                   hint.bytes());
}
