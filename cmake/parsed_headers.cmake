# Headers that take longer to parse than our code takes to compile (JSON's, LibTorch's) are parsed once, and shared
# as precompiled headers. In the release build alone, like unity builds: check_headers and the other presets show that
# sources include what they use.

# -fpch-preprocess is what ccache needs to see through a precompiled header. GCC 12 forgets there which headers are the
# system's, and warns falsely of their sums of strings; the other presets keep these warnings.
function(mds_set_parsed_options target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  endif()
endfunction()

# Makes the target `name` for mds_use_parsed(): mds_parsed_headers(NAME HEADERS <header>... LINKS target...)
function(mds_parsed_headers name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINKS" ${ARGN})
  file(CONFIGURE OUTPUT ${name}.cpp CONTENT "// Only its precompiled header is used.\n")
  add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/${name}.cpp)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
  mds_set_parsed_options(${name})
endfunction()

function(mds_use_parsed target parsed)
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    target_precompile_headers(${target} REUSE_FROM ${parsed})
    mds_set_parsed_options(${target})
  endif()
endfunction()

if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  mds_parsed_headers(mds_parsed_json HEADERS <nlohmann/json.hpp> LINKS nlohmann_json::nlohmann_json mds_warnings)
  mds_parsed_headers(mds_parsed_torch HEADERS <nlohmann/json.hpp> <ATen/ATen.h> <torch/types.h> <torch/nn/module.h>
                     LINKS nlohmann_json::nlohmann_json mds_torch mds_warnings)
endif()
