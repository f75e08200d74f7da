#include "profiler/environment.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <sched.h>
#include <sys/utsname.h>
#include <torch/version.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "profiler/build_info.h"
#include "spec/kernel_file.h"
#include "spec/listed.h"
#include "spec/memory_limit.h"
#include "spec/processors.h"

namespace mds {
namespace {

// Of a text file.
std::string value_of(const std::string& file, const std::string& key, char separator) {
  return value_in(text_of(file), key, separator);
}

template <class T>
std::optional<T> number_of(const std::string& text) {
  std::istringstream in(text);
  if (T value{}; in >> value) return value;
  return std::nullopt;
}

std::string first_line(const std::string& file) {
  const std::string text = text_of(file);
  return text.substr(0, text.find('\n'));
}

// "13.0"; the hooks count in thousands and tens.
std::string cuda_runtime() {
  const auto& hooks = at::detail::getCUDAHooks();
  if (!hooks.hasCUDART()) return "";
  const int64_t version = hooks.versionCUDART();
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string operating_system() {
  utsname names{};
  ::uname(&names);
  return value_of("/etc/os-release", "PRETTY_NAME", '=') + ", " + names.sysname + " " + names.release + " " +
         names.machine;
}

std::vector<std::string> gpu_models() {
  std::vector<std::string> models;
  std::error_code missing;
  for (const auto& gpu : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", missing))
    models.push_back(value_of((gpu.path() / "information").string(), "Model", ':'));
  return models;
}

std::vector<int64_t> affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int64_t> processors;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return processors;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &set)) processors.push_back(i);
  return processors;
}

std::string allocator() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    for (const char* name : {"jemalloc", "tcmalloc", "mimalloc"})
      if (line.find(name) != std::string::npos) return name;
  return "libc";
}

// Intel's own driver has a switch that is turned around.
std::optional<bool> turbo() {
  if (const auto off = number_of<int>(first_line("/sys/devices/system/cpu/intel_pstate/no_turbo"))) return *off == 0;
  if (const auto on = number_of<int>(first_line("/sys/devices/system/cpu/cpufreq/boost"))) return *on == 1;
  return std::nullopt;
}

Conditions capture_conditions() {
  Conditions conditions;
  conditions.threads = at::get_num_threads();
  conditions.interop_threads = int64_t(at::get_num_interop_threads());
  conditions.affinity = affinity();
  const auto first = conditions.affinity.empty() ? 0 : conditions.affinity.front();
  conditions.governor = first_line("/sys/devices/system/cpu/cpu" + std::to_string(first) + "/cpufreq/scaling_governor");
  conditions.turbo = turbo();
  conditions.usable_processors = usable_processors();
  conditions.allocator = allocator();
  conditions.cpu_mhz = number_of<double>(value_of("/proc/cpuinfo", "cpu MHz", ':'));
  conditions.load_average = number_of<double>(first_line("/proc/loadavg"));
  conditions.available_bytes = machine_memory("MemAvailable");
  conditions.deterministic = at::globalContext().deterministicAlgorithms();
  conditions.tf32 = at::globalContext().float32MatmulPrecision() != at::Float32MatmulPrecision::HIGHEST;
  return conditions;
}

}  // namespace

Environment capture_environment() {
  Environment environment;
  environment.build = {.git_commit = build_info::git_commit,
                       .compiler = build_info::compiler,
                       .flags = build_info::flags,
                       .torch_version = TORCH_VERSION,
                       .cuda = cuda_runtime(),
                       .git_dirty = build_info::git_dirty};
  environment.device = {.os = operating_system(),
                        .cpu_model = value_of("/proc/cpuinfo", "model name", ':'),
                        .cpu_capability = at::get_cpu_capability(),
                        .cores = ::sysconf(_SC_NPROCESSORS_ONLN),
                        .memory_bytes = machine_memory("MemTotal"),
                        .gpu_models = gpu_models()};
  environment.conditions = capture_conditions();
  return environment;
}

std::string device_model(const DeviceInfo& info, const std::string& device) {
  return device.starts_with("cuda") ? listed(info.gpu_models) : info.cpu_model;
}

std::vector<std::string> timing_warnings(const Conditions& conditions) {
  std::vector<std::string> warnings;
  if (!conditions.governor.empty() && conditions.governor != "performance")
    warnings.push_back("the processor's frequency governor is " + conditions.governor +
                       ", so its clock follows the load; steady: cpupower frequency-set -g performance");
  if (conditions.turbo.value_or(false))
    warnings.push_back("turbo is on, so the clock follows temperature and the load of other cores; compare only " +
                       std::string("timings that were interleaved, or turn it off"));
  if (conditions.threads > conditions.usable_processors && conditions.usable_processors > 0)
    warnings.push_back(std::to_string(conditions.threads) + " threads share " +
                       std::to_string(conditions.usable_processors) +
                       " processors, which is what affinity and cgroup leave");
  return warnings;
}

}  // namespace mds
