# Writes a header that says what this build is made from: commit, whether tracked files differ from it, compiler, flags.
# Run at build time by `cmake -P`, so that a commit made after configuring is seen; the file changes only with its content.

cmake_policy(VERSION 3.25)
execute_process(COMMAND git rev-parse HEAD WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE commit
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
execute_process(COMMAND git diff --quiet HEAD WORKING_DIRECTORY ${SOURCE} RESULT_VARIABLE dirty ERROR_QUIET)
if(commit AND NOT dirty EQUAL 0)
  set(dirty true)
else()
  set(dirty false)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "// Written by cmake/build_info.cmake.
#pragma once
namespace mds::build_info {
inline constexpr auto git_commit = \"@commit@\";
inline constexpr bool git_dirty = @dirty@;
inline constexpr auto compiler = R\"(@COMPILER@)\";
inline constexpr auto flags = R\"(@FLAGS@)\";
}  // namespace mds::build_info
" @ONLY)
