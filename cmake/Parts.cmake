# How a folder of the compiler becomes a library target. Folders are filled one after the other, so a
# part without sources yet is an INTERFACE library: whoever links it need not know.

# valkyria_add_part(NAME [PATTERNS glob…] [DEPENDS target…]): the *.cpp of the current folder.
function(valkyria_add_part name)
  cmake_parse_arguments(PARSE_ARGV 1 part "" "" "PATTERNS;DEPENDS")
  if(NOT part_PATTERNS)
    set(part_PATTERNS *.cpp)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${part_PATTERNS})
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC ${part_DEPENDS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${part_DEPENDS})
  endif()
endfunction()
