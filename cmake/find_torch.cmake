# Finds LibTorch 2.9 or newer and sets MDS_TORCH_ROOT, the folder that holds its include/ and lib/: the one named by
# MDS_TORCH_ROOT (cache or environment) and no other, or the first of: CMAKE_PREFIX_PATH, .venv, the python3 on PATH. It
# does not run LibTorch's own CMake package, which fails where a CUDA build of torch finds no CUDA toolkit.
# `cmake -P cmake/find_torch.cmake` answers the same question for scripts/setup.sh.

set(MDS_TORCH_OLDEST 2.9)

# The version in the headers below `root`, empty where there are none.
function(mds_torch_version root version)
  set(${version} "" PARENT_SCOPE)
  foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(EXISTS ${root}/include/${header})
      file(STRINGS ${root}/include/${header} lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
      string(REGEX MATCHALL "[0-9]+" numbers "${lines}")
      list(JOIN numbers . joined)
      if(joined)
        set(${version} ${joined} PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
endfunction()

# A prefix may be the torch folder itself or, as torch.utils.cmake_prefix_path says it, the share/cmake inside.
function(mds_torch_candidates roots)
  string(REPLACE ":" ";" prefixes "$ENV{CMAKE_PREFIX_PATH}")
  foreach(prefix ${Torch_DIR} ${Torch_ROOT} ${CMAKE_PREFIX_PATH} ${prefixes})
    foreach(up . ../.. ../../..)
      get_filename_component(root ${prefix}/${up} ABSOLUTE)
      mds_torch_version(${root} version)
      if(version)
        list(APPEND found ${root})
      endif()
    endforeach()
  endforeach()
  foreach(python ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../.venv/bin/python3 python3)
    # find_spec does not import torch, which would take seconds.
    set(locate "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])")
    execute_process(COMMAND ${python} -c "${locate}"
                    OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
      list(APPEND found ${root})
    endif()
  endforeach()
  set(${roots} ${found} PARENT_SCOPE)
endfunction()

if(NOT MDS_TORCH_ROOT)
  set(MDS_TORCH_ROOT $ENV{MDS_TORCH_ROOT})
endif()
set(torch_candidates ${MDS_TORCH_ROOT})
if(NOT MDS_TORCH_ROOT)
  mds_torch_candidates(torch_candidates)
endif()
set(torch_seen)
foreach(root ${torch_candidates})
  mds_torch_version(${root} torch_version)
  if(torch_version VERSION_GREATER_EQUAL MDS_TORCH_OLDEST)
    set(MDS_TORCH_ROOT ${root})
    message(STATUS "LibTorch ${torch_version}: ${root}")
    return()
  endif()
  if(NOT torch_version)
    set(torch_version "no LibTorch")
  endif()
  string(APPEND torch_seen "\n  seen: ${torch_version} in ${root}")
endforeach()
message(FATAL_ERROR "LibTorch ${MDS_TORCH_OLDEST} or newer not found.${torch_seen}\n"
                    "Run scripts/setup.sh, or set CMAKE_PREFIX_PATH to a LibTorch or MDS_TORCH_ROOT to the folder of a "
                    "pip-installed torch.")
