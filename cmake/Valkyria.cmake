# Valkyria programs as ordinary CMake targets. The same functions serve the build tree of valkc, a
# project that has it by add_subdirectory, and one that found the installed package.
#
# The unit of compilation is the executable: valkc sees the whole program from its main file through
# every (load …), so an executable is one custom command that writes one C++ file, and a Valkyria
# library is a set of sources on the include path of whoever links it.
include_guard(GLOBAL)

# valkyria_add_executable(NAME main.valk [more.valk … fast.cpp …]
#                         [INCLUDE_DIRS dir…] [LINK_LIBRARIES target…] [OPTIONS valkc-option…])
#
# The first .valk file is the program; it loads the others. What it really loads is found by valkc
# and tracked through a depfile, listed or not. C++ sources are compiled into the same executable.
function(valkyria_add_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 app "" "" "INCLUDE_DIRS;LINK_LIBRARIES;OPTIONS")
  _valkyria_split_sources("${app_UNPARSED_ARGUMENTS}" lisp other)
  if(NOT lisp)
    message(FATAL_ERROR "valkyria_add_executable(${name}): no .valk file given")
  endif()
  list(GET lisp 0 main)

  set(directory ${CMAKE_CURRENT_BINARY_DIR}/${name}.valkyria)
  set(generated ${directory}/${name}.cpp)
  file(MAKE_DIRECTORY ${directory})
  add_executable(${name} ${generated} ${other})
  set_target_properties(${name} PROPERTIES VALKYRIA_SOURCES "${lisp}")
  target_include_directories(${name} PRIVATE ${app_INCLUDE_DIRS})
  # Only programs that evaluate lists made at run time take anything from the evaluator.
  target_link_libraries(
    ${name} PRIVATE ${app_LINK_LIBRARIES} $<TARGET_NAME_IF_EXISTS:Valkyria::evaluator>
                    Valkyria::runtime)

  set(includes "$<TARGET_PROPERTY:${name},INCLUDE_DIRECTORIES>")
  add_custom_command(
    OUTPUT ${generated}
    # valkc writes beside the output, which is touched only if it changed: a new comment in Lisp
    # recompiles no C++.
    COMMAND
      Valkyria::valkc --emit=cpp ${main} -o ${generated}.new -MD -MF ${generated}.d -MT ${generated}
      "$<$<BOOL:${includes}>:-I$<JOIN:${includes},;-I>>" ${app_OPTIONS}
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${generated}.new ${generated}
    DEPENDS ${main} Valkyria::valkc "$<TARGET_PROPERTY:${name},VALKYRIA_SOURCES>"
    DEPFILE ${generated}.d
    COMMENT "Compiling Valkyria program ${name}"
    COMMAND_EXPAND_LISTS VERBATIM)
  _valkyria_generated_properties(${generated})
endfunction()

# valkyria_add_library(NAME util.valk [more.valk … fast.cpp …] [BASE_DIR dir] [LINK_LIBRARIES target…])
#
# A source library: an executable that has NAME among its LINK_LIBRARIES can (load "util.valk"), the
# path being relative to BASE_DIR (default: the current source directory). C++ sources, if any, are
# compiled once. The .valk files are the target's file set valkyria:
#   install(TARGETS NAME EXPORT … FILE_SET valkyria DESTINATION share/NAME)
function(valkyria_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 lib "" "BASE_DIR" "LINK_LIBRARIES")
  _valkyria_split_sources("${lib_UNPARSED_ARGUMENTS}" lisp other)
  if(NOT lib_BASE_DIR)
    set(lib_BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  if(other)
    add_library(${name} STATIC ${other})
    set(scope PUBLIC)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_sources(
    ${name} ${scope} FILE_SET valkyria TYPE HEADERS BASE_DIRS ${lib_BASE_DIR} FILES ${lisp})
  target_link_libraries(${name} ${scope} ${lib_LINK_LIBRARIES} Valkyria::runtime)
endfunction()

# valkyria_target_sources(NAME file…): more sources for an executable of valkyria_add_executable.
# .valk files become dependencies of its compilation, others are compiled into it.
function(valkyria_target_sources name)
  _valkyria_split_sources("${ARGN}" lisp other)
  set_property(TARGET ${name} APPEND PROPERTY VALKYRIA_SOURCES ${lisp})
  if(other)
    target_sources(${name} PRIVATE ${other})
  endif()
endfunction()

# Splits a source list into .valk files (made absolute) and the rest.
function(_valkyria_split_sources sources lisp_out other_out)
  set(lisp)
  set(other)
  foreach(source IN LISTS sources)
    if(source MATCHES "\\.valk$")
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
      list(APPEND lisp ${source})
    else()
      list(APPEND other ${source})
    endif()
  endforeach()
  set(${lisp_out} ${lisp} PARENT_SCOPE)
  set(${other_out} ${other} PARENT_SCOPE)
endfunction()

# Generated code has its own rules: the user's warnings are not for it, and g++ must make sibling
# calls at every optimising level (-O1 and -Og leave them out), or tail calls would grow the stack.
function(_valkyria_generated_properties file)
  set_source_files_properties(
    ${file}
    PROPERTIES COMPILE_OPTIONS
               "-w;-fno-exceptions;-fno-rtti;-fno-strict-aliasing;-fno-tree-slp-vectorize;$<$<CXX_COMPILER_ID:GNU>:-foptimize-sibling-calls>"
               SKIP_UNITY_BUILD_INCLUSION ON
               SKIP_PRECOMPILE_HEADERS ON)
endfunction()
