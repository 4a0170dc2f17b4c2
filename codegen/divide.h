// Dividing the C++ of a big program, so that several compilers work on it at once.
//
// It stays one text. Compiled as it is, it is the whole program; compiled with -DVALK_PARTS=n -DVALK_PART=i
// it is the i-th of n parts: the functions in every nth chunk and, in part 0, what exists once. Names that
// parts share are hidden symbols. What has no identity (constants, positions, descriptors of frames) stands in
// each part that uses it.
#pragma once

#include <string>
#include <vector>

namespace valkc {

/// The sections of a C++ file: see emit.cpp.
struct CppSections {
  std::string builtins, constants, sites, globals, forward, frames;
  std::vector<std::string> functions;  ///< text of each
  std::vector<std::string> closures;   ///< of each: the descriptor of the function, its closure
  std::string program;
};

/// One text for one compilation.
std::string join_sections(const std::string& heading, const CppSections& sections);
/// One text that can be compiled in parts.
std::string divide_sections(const std::string& heading, const CppSections& sections);
/// What the compiler of one part needs of such a text, so that none reads it all.
std::string text_of_part(const std::string& text, int part, int parts);
/// Into how many parts a text from here can be divided; 1 if it cannot. Looks at its first lines.
int count_chunks(const std::string& text);

}  // namespace valkc
