// See divide.h.
#include "codegen/divide.h"

#include <cstdlib>
#include <string_view>

#include "codegen/declarations.h"
#include "codegen/divide_sites.h"

namespace valkc {

namespace {

constexpr std::string_view STATIC = "static ";
constexpr std::string_view CHUNKS = "// chunks: ";
/// What one C++ compiler takes a few tenths of a second for.
constexpr size_t CHUNK_BYTES = 100'000;

/// Objects that exist once: their declarations, for each part, and their definitions, for part 0. Whatever
/// else stands between them is for each part.
struct Shared {
  std::string declarations, definitions;
};

/// "static const T name = …" → "extern const T name;", or without const.
std::string declaration(std::string_view line) {
  line.remove_prefix(STATIC.size());
  return "extern VALK_SHARED " + std::string(line.substr(0, line.find(" = "))) + ";\n";
}

Shared share(const std::string& text) {
  Shared shared;
  bool in_definition = false;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin) + 1;
    std::string_view line(text.data() + begin, end - begin);
    begin = end;
    const bool continues = line[0] == ' ' || line[0] == '}';
    const bool defines = line.starts_with(STATIC) && line.find(" = ") != std::string_view::npos;
    if (!continues) in_definition = defines;
    if (defines) {
      shared.declarations += declaration(line);
      line.remove_prefix(STATIC.size());
    }
    (in_definition ? shared.definitions : shared.declarations) += line;
  }
  return shared;
}

/// Functions that parts call in each other.
std::string with_shared_functions(const std::string& text) {
  std::string out;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin) + 1;
    std::string_view line(text.data() + begin, end - begin);
    begin = end;
    if (line.starts_with(STATIC)) {
      out += "VALK_SHARED ";
      line.remove_prefix(STATIC.size());
    }
    out += line;
  }
  return out;
}

/// Functions with what describes them; what declares that is added to `declarations`.
std::vector<std::string> chunks_of(const CppSections& s, std::string& declarations) {
  std::vector<std::string> chunks(1);
  for (size_t i = 0; i < s.functions.size(); i++) {
    if (chunks.back().size() > CHUNK_BYTES) chunks.emplace_back();
    const Shared descriptors = share(s.closures[i]);
    declarations += descriptors.declarations;
    chunks.back() += with_shared_functions(s.functions[i]) + descriptors.definitions;
  }
  return chunks;
}

std::string concatenate(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

constexpr std::string_view IF_PART_0 = "#if VALK_PART == 0\n";
constexpr std::string_view IF = "#if ", IF_PART = " % VALK_PARTS == VALK_PART\n",
                           ENDIF = "#endif\n";

std::string in_part_0(const std::string& text) {
  return std::string(IF_PART_0) + text + std::string(ENDIF);
}

const char PREAMBLE[] =
    "#ifndef VALK_PARTS\n"
    "#define VALK_PARTS 1\n"
    "#define VALK_PART 0\n"
    "#endif\n"
    "#define VALK_SHARED __attribute__((visibility(\"hidden\")))\n";

}  // namespace

std::string join_sections(const std::string& heading, const CppSections& s) {
  std::string text = heading + "#include \"runtime/valk.h\"\n";
  text += "\n// ---- builtins\n" + s.builtins;
  text += "\n// ---- constants\n" + s.constants;
  text += "\n// ---- source positions\n" + s.sites;
  text += "\n// ---- global variables\n" + s.globals;
  text += "\n// ---- functions and continuations\n" + s.forward;
  text += "\n" + s.frames + "\n" + concatenate(s.closures);
  text += "\n// ---- code\n";
  for (const std::string& f : s.functions) text += f;
  return text + s.program;
}

std::string divide_sections(const std::string& heading, const CppSections& s) {
  std::string declared = with_shared_functions(s.forward);
  std::vector<std::string> chunks = chunks_of(s, declared);
  std::string sites = s.sites + s.frames;
  divide_sites(sites, chunks, {&s.builtins, &s.globals, &s.program});
  const Declarations declarations(declared);
  const Shared builtins = share(s.builtins), globals = share(s.globals);
  std::string text = heading + std::string(CHUNKS) + std::to_string(chunks.size()) + "\n";
  text += PREAMBLE;
  text += "#include \"runtime/valk.h\"\n";
  text += "\n// ---- builtins\n" + builtins.declarations + in_part_0(builtins.definitions);
  text += "\n// ---- constants\nnamespace {\n" + s.constants + "}\n";
  text += "\n// ---- source positions and frames\n" + declarations.needed_by(sites) + sites;
  text += "\n// ---- global variables\n" + globals.declarations + in_part_0(globals.definitions);
  text += "\n// ---- code\n";
  for (size_t i = 0; i < chunks.size(); i++)
    text += std::string(IF) + std::to_string(i) + std::string(IF_PART) +
            declarations.needed_by(chunks[i]) + chunks[i] + std::string(ENDIF);
  return text + in_part_0(declarations.needed_by(s.program) + s.program);
}

std::string text_of_part(const std::string& text, int part, int parts) {
  std::string out;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin) + 1;
    const std::string_view line(text.data() + begin, end - begin);
    bool is_wanted = true;
    size_t after = end;
    if (line == IF_PART_0 || (line.starts_with(IF) && line.ends_with(IF_PART))) {
      const int number = line == IF_PART_0 ? 0 : std::atoi(line.data() + IF.size()) % parts;
      is_wanted = number == part;
      after = text.find("\n" + std::string(ENDIF), begin) + 1 + ENDIF.size();
    }
    if (is_wanted) out.append(text, begin, after - begin);
    begin = after;
  }
  return out;
}

int count_chunks(const std::string& text) {
  const size_t at = text.find('\n') + 1;
  if (text.compare(at, CHUNKS.size(), CHUNKS) != 0) return 1;
  return std::atoi(text.c_str() + at + CHUNKS.size());
}

}  // namespace valkc
