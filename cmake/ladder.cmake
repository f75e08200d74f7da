# Enforces the order of folders by failing includes: a target sees only headers of its own folder and of those it links.
# Each folder has an include root with one symbolic link to it, so `#include "trainer/x.h"` from blocks/ fails.

# What a name means to one file means nothing to another that is compiled with it; the other presets keep these warnings.
# Linked last, so that its flags follow those of mds_warnings.
add_library(mds_joined INTERFACE)
target_compile_options(mds_joined INTERFACE -Wno-shadow -Wno-subobject-linkage)

function(mds_library name folder)
  cmake_parse_arguments(ARG "" "PARSED" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  if(ARG_PARSED)
    set(parsed ${ARG_PARSED})
  else()
    set(parsed mds_parsed_json)
  endif()
  add_library(${name} STATIC ${ARG_SOURCES})
  mds_include_root(${name} ${folder})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} mds_warnings)
  # Unity builds, because reading headers costs more than compiling our code; one of LibTorch's sources takes five
  # seconds before the first line of ours.
  mds_use_parsed(${name} ${parsed})
  set_target_properties(${name} PROPERTIES MDS_PARSED ${parsed})
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 30)
    target_link_libraries(${name} PRIVATE mds_joined)
    if(folder MATCHES "^(app|experiments|reports|metrics|pipeline)$")
      # These wait for LibTorch, files and people; -O3 would add a third to their compilation.
      target_compile_options(${name} PRIVATE -O1)
    endif()
  endif()
  set_property(GLOBAL APPEND PROPERTY MDS_FOLDERS ${folder})
  set_property(GLOBAL APPEND PROPERTY MDS_LIBRARIES_${folder} ${name})
endfunction()

function(mds_include_root target folder)
  string(REPLACE "/" "_" flat ${folder})
  set(root ${PROJECT_BINARY_DIR}/ladder/${flat})
  get_filename_component(parent ${root}/${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
  target_include_directories(${target} PUBLIC ${root})
endfunction()

# A folder's LibTorch half.
function(mds_torch_library name folder)
  mds_library(${name} ${folder} PARSED mds_parsed_torch ${ARGN})
  target_link_libraries(${name} PUBLIC mds_torch)
endfunction()

# A program that a script under tests/parity runs; not part of the default build.
function(mds_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  list(TRANSFORM ARG_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/tests/)
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} mds_warnings)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
endfunction()

# One test executable per folder, and one ctest per file of it, without the cases tagged [slow] or hidden: LibTorch takes
# half a second to start, so one process per case would take longer than most cases do. The first of LINKS is the
# library under test, whose precompiled headers the tests use too.
function(mds_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  if(NOT MDSEARCH_TESTS)
    return()
  endif()
  foreach(source IN LISTS ARG_SOURCES)
    cmake_path(GET source STEM file)
    cmake_path(REPLACE_EXTENSION source "" OUTPUT_VARIABLE test)
    add_test(NAME ${test} COMMAND ${name} --filenames-as-tags "[#${file}]~[slow]~[.]")
    set_tests_properties(${test} PROPERTIES SKIP_REGULAR_EXPRESSION "No test cases matched")
  endforeach()
  list(TRANSFORM ARG_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/tests/)
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE mds_test_main ${ARG_LINKS} mds_warnings)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE MDS_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  list(GET ARG_LINKS 0 tested)
  get_target_property(parsed ${tested} MDS_PARSED)
  mds_use_parsed(${name} ${parsed})
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    target_compile_options(${name} PRIVATE -O1)
  endif()
endfunction()
