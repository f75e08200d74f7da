# LibTorch as one target, mds_torch: find_package(Torch) when CMAKE_PREFIX_PATH leads to it, else the libraries inside
# an installed Python package `torch` (a virtual environment made by scripts/setup.sh, or the interpreter on PATH).
# The imported target is our own, so that a CUDA build of torch links its CPU libraries without a CUDA toolkit.

find_program(MDS_PYTHON NAMES python3 PATHS ${PROJECT_SOURCE_DIR}/.venv/bin NO_DEFAULT_PATH)
find_program(MDS_PYTHON NAMES python3)

if(NOT MDS_TORCH_ROOT)
  find_package(Torch QUIET CONFIG)
  if(Torch_FOUND)
    set(MDS_TORCH_ROOT ${TORCH_INSTALL_PREFIX})
  else()
    execute_process(COMMAND ${MDS_PYTHON} -c "import torch, os; print(os.path.dirname(torch.__file__))"
                    OUTPUT_VARIABLE MDS_TORCH_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
if(NOT EXISTS "${MDS_TORCH_ROOT}/include/torch/csrc/api/include/torch/types.h")
  message(FATAL_ERROR "LibTorch not found. Run scripts/setup.sh, or set CMAKE_PREFIX_PATH to a LibTorch "
                      "or MDS_TORCH_ROOT to the folder of a pip-installed torch.")
endif()
set(MDS_TORCH_ROOT ${MDS_TORCH_ROOT} CACHE PATH "folder that holds LibTorch's include/ and lib/")
message(STATUS "LibTorch: ${MDS_TORCH_ROOT}")

add_library(mds_torch INTERFACE)
target_include_directories(mds_torch SYSTEM INTERFACE ${MDS_TORCH_ROOT}/include
                                                      ${MDS_TORCH_ROOT}/include/torch/csrc/api/include)
target_link_directories(mds_torch INTERFACE ${MDS_TORCH_ROOT}/lib)
target_link_libraries(mds_torch INTERFACE torch torch_cpu c10)
target_link_options(mds_torch INTERFACE -Wl,-rpath,${MDS_TORCH_ROOT}/lib -Wl,--disable-new-dtags)
if(EXISTS ${MDS_TORCH_ROOT}/lib/libtorch_cuda.so)
  # Nothing references the CUDA half by symbol; its static initialisers register the CUDA kernels.
  target_link_libraries(mds_torch INTERFACE -Wl,--no-as-needed torch_cuda c10_cuda -Wl,--as-needed)
  target_link_options(mds_torch INTERFACE -Wl,--allow-shlib-undefined)
endif()
