# LibTorch as one imported target of our own, mds_torch, so that a CUDA build of torch links without a CUDA toolkit.

include(${CMAKE_CURRENT_LIST_DIR}/find_torch.cmake)

add_library(mds_torch INTERFACE)
target_include_directories(mds_torch SYSTEM INTERFACE ${MDS_TORCH_ROOT}/include
                                                      ${MDS_TORCH_ROOT}/include/torch/csrc/api/include)
target_link_directories(mds_torch INTERFACE ${MDS_TORCH_ROOT}/lib)
target_link_libraries(mds_torch INTERFACE torch torch_cpu c10)
# LibTorch's parallel_for is a plain loop in a source that is compiled without OpenMP.
target_compile_options(mds_torch INTERFACE -fopenmp)
target_link_options(mds_torch INTERFACE -fopenmp)
target_link_options(mds_torch INTERFACE -Wl,-rpath,${MDS_TORCH_ROOT}/lib -Wl,--disable-new-dtags)
# LibTorch hides the type information of some of its classes, which this check asks for.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=.*undefined")
  target_compile_options(mds_torch INTERFACE -fno-sanitize=vptr)
endif()
set(MDS_TORCH_CUDA OFF)
if(EXISTS ${MDS_TORCH_ROOT}/lib/libtorch_cuda.so)
  set(MDS_TORCH_CUDA ON)
  # Nothing references the CUDA half by symbol; its static initialisers register the CUDA kernels.
  target_link_libraries(mds_torch INTERFACE -Wl,--no-as-needed torch_cuda c10_cuda -Wl,--as-needed)
  target_link_options(mds_torch INTERFACE -Wl,--allow-shlib-undefined)
endif()
