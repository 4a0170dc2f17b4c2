// Source text and positions. Every token, datum, Core node, IR term and generated line carries a Span;
// the SourceMap turns it into file:line:column and the text of the line.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace valkc {

/// A half-open byte range of one source file. `origin` is 0 for text that the user wrote where it
/// stands, else an index (1-based) into SourceMap::origins: the macro call that produced this code.
struct Span {
  uint32_t file = 0;  ///< 1-based index of the file; 0: no position (synthesised by the compiler)
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t origin = 0;
  uint32_t inlined =
      0;  ///< 1-based index into Program::inlined: the call in whose place this code stands

  bool is_known() const { return file != 0; }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 means the 0 that <=> compares with.
  friend auto operator<=>(const Span&, const Span&) = default;
};

/// 1-based line and column (columns count bytes).
struct Position {
  uint32_t line = 0;
  uint32_t column = 0;
};

/// One macro expansion: which macro, and the call that was replaced.
struct Origin {
  std::string macro;
  Span call;
  Span
      code{};  ///< of a macro that is computed, whose expansion has the place of the call: what made it
  // NOLINTNEXTLINE(modernize-use-nullptr): as above.
  friend auto operator<=>(const Origin&, const Origin&) = default;
};

/// Owns the text of every file read in one run of the compiler.
class SourceMap {
 public:
  /// Adds a file and returns its 1-based index. The text is copied.
  uint32_t add(std::string path, std::string text);
  /// Records a macro expansion and returns its 1-based index for Span::origin; the same one for the same.
  uint32_t add_origin(Origin origin);

  const std::string& path(uint32_t file) const;
  std::string_view text(uint32_t file) const;
  /// The bytes that a span covers.
  std::string_view text(Span span) const;
  Position position(Span span) const;
  /// The whole line (without its newline) on which the span begins.
  std::string_view line(Span span) const;
  const Origin& origin(uint32_t index) const { return origins_[index - 1]; }
  uint32_t file_count() const { return static_cast<uint32_t>(files_.size()); }
  /// "path:line:column", or "<compiler>" for an unknown span.
  std::string describe(Span span) const;

 private:
  struct File {
    std::string path;
    std::string text;
    std::vector<uint32_t> line_starts;
  };
  std::deque<File> files_;
  std::deque<Origin> origins_;
  std::map<Origin, uint32_t> known_origins_;
};

}  // namespace valkc
