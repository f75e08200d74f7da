#include "experiments/version.h"

#include <torch/cuda.h>

#include "profiler/environment.h"

namespace mds {

std::string version_text() {
#ifdef MDSEARCH_CORE
  const std::string kind = "core (without pictures, ONNX and PostgreSQL)";
#else
  const std::string kind = "full";
#endif
  const BuildInfo build = capture_environment().build;
  const auto devices = torch::cuda::device_count();
  return "mdsearch " MDS_VERSION "\ncommit     " + build.git_commit + (build.git_dirty ? " with local changes" : "") +
         "\nbuild      " MDS_BUILD_TYPE ", " + kind + "\ncompiler   " + build.compiler + "\nLibTorch   " +
         build.torch_version + "\nCUDA       " +
         (devices > 0 ? std::to_string(devices) + " devices" : std::string("no device that this LibTorch can use")) +
         "\n";
}

}  // namespace mds
