# What an installed valkc consists of. Everything is found relative to the prefix: bin/valkc looks for
# ../lib/valkyria and ../include/valkyria, and the package's targets are relocatable, so that a prefix
# can be moved as a whole.
include(CMakePackageConfigHelpers)

set(VALKYRIA_LIB_DIR lib/valkyria)
set(VALKYRIA_INCLUDE_DIR include/valkyria)
set(VALKYRIA_CMAKE_DIR lib/cmake/Valkyria)

if(TARGET valkc)
  install(TARGETS valkc EXPORT ValkyriaTargets RUNTIME DESTINATION bin)
endif()
foreach(archive valk_runtime valk_evaluator)
  if(TARGET ${archive})
    install(TARGETS ${archive} EXPORT ValkyriaTargets ARCHIVE DESTINATION ${VALKYRIA_LIB_DIR})
  endif()
endforeach()
# What generated code includes, and what the user's C++ does.
foreach(header valk.h valk_fast.h valk_room.h valk_static.h valk_ext.h io/extern.h)
  cmake_path(GET header PARENT_PATH folder)
  install(FILES runtime/${header} DESTINATION ${VALKYRIA_INCLUDE_DIR}/runtime/${folder})
endforeach()

configure_package_config_file(
  cmake/ValkyriaConfig.cmake.in ${PROJECT_BINARY_DIR}/ValkyriaConfig.cmake
  INSTALL_DESTINATION ${VALKYRIA_CMAKE_DIR})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/ValkyriaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ValkyriaConfig.cmake
              ${PROJECT_BINARY_DIR}/ValkyriaConfigVersion.cmake cmake/Valkyria.cmake
        DESTINATION ${VALKYRIA_CMAKE_DIR})
if(TARGET valkc AND TARGET valk_runtime)
  install(EXPORT ValkyriaTargets NAMESPACE Valkyria:: DESTINATION ${VALKYRIA_CMAKE_DIR})
endif()
