// Global names: what the program, the library and the builtins define.
//
// A name in the user's code means the user's global, else the library's, else the builtin. A name in
// the library's code never means the user's: a program that redefines `map` leaves the library's own
// use of it alone.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "frontend/core.h"
#include "frontend/expr.h"

namespace valkc {

/// One top-level definition of a library file; expanded when something mentions it.
struct LibraryDefinition {
  std::string name;
  const Datum* datum = nullptr;
  Expr* expr = nullptr;      ///< null until it is needed
  Global* global = nullptr;  ///< null until it is referred to
  bool is_lowered = false;   ///< in a session: an earlier step, or this one, defines it
};

/// The library, indexed by name.
struct Library {
  std::vector<LibraryDefinition> definitions;
  std::unordered_map<std::string, size_t> by_name;  ///< the last definition of each name
  std::unordered_set<uint32_t> files;               ///< SourceMap indices of its files

  bool contains(Span span) const { return files.count(span.file) > 0; }
  LibraryDefinition* find(const std::string& name);
};

/// What a global name denotes: at most one is set.
struct GlobalName {
  Global* global = nullptr;
  LibraryDefinition* library = nullptr;
  const Primitive* primitive = nullptr;
  const Datum* constant = nullptr;  ///< of true, false and nil

  explicit operator bool() const { return global || library || primitive || constant; }
};

/// The globals of the user's program, and lookup.
class GlobalNames {
 public:
  GlobalNames(CoreProgram& program, Library& library);

  /// Makes the user's global of that name unless it exists.
  Global* declare(const BoundName& name);
  Global* user_global(const std::string& name) const;
  /// The meaning of `name` for code at `span`.
  GlobalName find(const std::string& name, Span span) const;
  /// The Global of a library definition, made on first use.
  Global* global_of(LibraryDefinition& definition);
  /// What a user's global holds before its definition has run: the library's or builtin's value.
  GlobalName shadowed_by(const Global& global) const;

  /// Names similar to `name` that code at `span` could mean: `locals` and all globals.
  std::string suggestion(const std::string& name, Span span,
                         const std::vector<std::string>& locals) const;
  /// All names that code at `span` could mean, forms included.
  std::vector<std::string> all(Span span) const;
  Library& library() { return library_; }
  /// From now on a name that nothing defines is a global that something may yet define.
  void open() { is_open_ = true; }
  bool is_open() const { return is_open_; }

 private:
  GlobalName find_in_library(const std::string& name, bool sees_internal) const;

  CoreProgram& program_;
  Library& library_;
  std::map<std::string, Global*> user_;
  std::map<std::string, const Datum*> constants_;
  bool is_open_ = false;
};

/// The candidate that is most similar to `name` by edit distance, or "" if none is close.
std::string closest_name(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace valkc
