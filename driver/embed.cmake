# cmake -DOUTPUT=library_sources.cpp -DSOURCES="a.valk;b.valk" -P embed.cmake
#
# Writes the library sources as static data, sorted by name, byte for byte.
list(SORT SOURCES)
set(rows)
set(count 0)
foreach(source IN LISTS SOURCES)
  get_filename_component(name ${source} NAME)
  file(READ ${source} bytes HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${bytes}")
  # Ends the literal after each line's newline, so that no \x swallows what follows and lines stay short.
  string(REPLACE "\\x0a" "\\x0a\"\n    \"" text "${text}")
  string(APPEND rows "    {\"${name}\"sv,\n    \"${text}\"sv},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(
  WRITE ${OUTPUT}.new
  "// The library sources. Written by embed.cmake.\n#include \"driver/resources.h\"\n\n"
  "using namespace std::literals;\n\nnamespace valkc {\n\n"
  "std::span<const EmbeddedFile> library_sources() {\n"
  "  static constexpr EmbeddedFile FILES[${count} + 1] = {\n${rows}  };\n"
  "  return {FILES, ${count}};\n}\n\n}  // namespace valkc\n")
file(RENAME ${OUTPUT}.new ${OUTPUT})
