// Where a number was measured: the build, the device, and the conditions at the moment of capture.
// Fields that the system does not reveal are null (numbers) or empty (text).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/describe.h"

namespace mds {

struct BuildInfo {
  std::string git_commit, compiler, flags, torch_version, cuda;
  bool git_dirty = false;
  static void describe(auto& self, auto&& field) {
    field("git_commit", self.git_commit, "commit the program was built from");
    field("git_dirty", self.git_dirty, "tracked files differed from that commit");
    field("compiler", self.compiler, "name and version");
    field("flags", self.flags, "compiler flags");
    field("torch_version", self.torch_version, "LibTorch, its headers' version");
    field("cuda", self.cuda, "CUDA's runtime; empty for a LibTorch without it");
  }
};

struct DeviceInfo {
  std::string os, cpu_model, cpu_capability;
  int64_t cores = 0;
  std::optional<int64_t> memory_bytes;
  std::vector<std::string> gpu_models;
  static void describe(auto& self, auto&& field) {
    field("os", self.os, "distribution and kernel");
    field("cpu_model", self.cpu_model, "as the kernel names it");
    field("cpu_capability", self.cpu_capability, "vector instructions that LibTorch dispatches to");
    field("cores", self.cores, "logical processors online");
    field("memory_bytes", self.memory_bytes, "physical memory");
    field("gpu_models", self.gpu_models, "NVIDIA devices");
  }
};

struct Conditions {
  int64_t threads = 0, interop_threads = 0;
  std::vector<int64_t> affinity;
  std::string governor, allocator;
  std::optional<double> cpu_mhz, load_average;
  std::optional<int64_t> available_bytes;
  std::optional<bool> turbo;
  int64_t usable_processors = 0;
  bool deterministic = false, tf32 = false;
  static void describe(auto& self, auto&& field) {
    field("threads", self.threads, "LibTorch's threads within an operator");
    field("interop_threads", self.interop_threads, "LibTorch's threads across operators");
    field("affinity", self.affinity, "processors this process may run on");
    field("governor", self.governor, "frequency governor of the first of them");
    field("turbo", self.turbo, "clocks above the nominal one allowed");
    field("usable_processors", self.usable_processors, "what affinity and cgroup leave of the processors");
    field("allocator", self.allocator, "jemalloc, tcmalloc, mimalloc or libc");
    field("cpu_mhz", self.cpu_mhz, "its clock at capture");
    field("load_average", self.load_average, "runnable processes, mean over one minute");
    field("available_bytes", self.available_bytes, "memory available at capture");
    field("deterministic", self.deterministic, "only deterministic algorithms allowed");
    field("tf32", self.tf32, "TF32 matrix products allowed");
  }
};

struct Environment {
  BuildInfo build;
  DeviceInfo device;
  Conditions conditions;
  static void describe(auto& self, auto&& field) {
    field("build", self.build, "the program");
    field("device", self.device, "the machine");
    field("conditions", self.conditions, "its state when this was captured");
  }
};

Environment capture_environment();

// The processor's model, or for "cuda" or "cuda:0" those of the GPUs.
std::string device_model(const DeviceInfo& info, const std::string& device);

// What in these conditions makes timings less repeatable, and what to type against it.
std::vector<std::string> timing_warnings(const Conditions& conditions);

}  // namespace mds
