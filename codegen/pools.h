// What generated functions refer to by name: constants, source sites, builtins. Each is emitted once,
// in order of first use.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cps/ir.h"

namespace valkc {

/// A C++ identifier made of a Lisp name: letters, digits, underscores; never empty.
std::string cpp_identifier(const std::string& name);
/// May it stand in a name of C++?
bool is_name_part(char c);
/// A C++ string literal of these bytes.
std::string cpp_string(std::string_view bytes);

/// Static objects for constants.
class ConstantPool {
 public:
  /// A C++ expression of type Value.
  std::string value(const Datum& datum);
  const std::string& declarations() const { return text_; }

 private:
  std::string object(const std::string& key, const std::string& type, const std::string& prefix,
                     const std::string& initialiser);
  std::string symbol(const Datum& datum);
  std::string list(const Datum& datum);
  std::unordered_map<std::string, std::string> names_;
  std::unordered_map<std::string, int> counts_;
  std::string text_;
};

/// Static ValkSites.
class SitePool {
 public:
  explicit SitePool(const SourceMap& sources) : sources_(sources) {}
  /// "&site_N", or "nullptr" for an unknown position.
  std::string site(Span span, const std::string& function, const Program& program);
  const std::string& declarations() const { return text_; }

 private:
  std::string line_text(uint32_t file, uint32_t number, std::string_view text);
  std::string caller_of(uint32_t index, const InlinedCall& inlined, const std::string& around,
                        const Program& program);

  const SourceMap& sources_;
  std::map<std::pair<uint32_t, std::string>, std::string> callers_;
  std::map<std::pair<uint32_t, uint32_t>, std::string> lines_;
  std::map<std::string, std::string> names_;
  std::string text_;
};

/// Builtins: declarations of the C++ functions that are called, rows of operations, and the closures
/// of those that are used as values.
class PrimitivePool {
 public:
  /// The name of its C++ function, declared.
  std::string function(const Primitive& p);
  /// The name of its static ValkOp, for an operation.
  std::string operation(const Primitive& p);
  /// An expression of type Value: the builtin as a function.
  std::string value(const Primitive& p);
  /// An expression of type Value: an extern function. Its adapter and closure are declared.
  std::string external(const Global& g);
  const std::string& declarations() const { return text_; }

 private:
  bool once(const std::string& key) { return !(seen_[key]++); }
  std::unordered_map<std::string, int> seen_;
  std::string text_;
};

}  // namespace valkc
