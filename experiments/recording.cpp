#include "experiments/recording.h"

#include <unistd.h>

#include "profiler/environment.h"
#include "spec/new_file.h"

namespace mds {

// The clock is not part of the identity: the kernel reports the current clock, which is a condition of a measurement.
int64_t record_device(Database& database, const std::string& kind) {
  const DeviceInfo device = capture_environment().device;
  return remember_device(
      database,
      {.kind = kind,
       .model = device_model(device, kind),
       .cores = device.cores,
       .memory_bytes = device.memory_bytes.value_or(0),
       .os = device.os,
       .details_json = Json{{"cpu_capability", device.cpu_capability}, {"gpu_models", device.gpu_models}}.dump()});
}

EnvRow this_env() {
  const auto [build, device, now] = capture_environment();
  return {.git_commit = build.git_commit,
          .git_dirty = build.git_dirty,
          .compiler = build.compiler,
          .compiler_flags = build.flags,
          .libtorch = build.torch_version,
          .cuda = build.cuda,
          .determinism = now.deterministic ? "deterministic algorithms" : "any algorithm",
          .details_json = Json{{"allocator", now.allocator}, {"tf32", now.tf32}}.dump()};
}

Json build_of(const EnvRow& env) {
  return {{"git_commit", env.git_commit},         {"git_dirty", env.git_dirty}, {"compiler", env.compiler},
          {"compiler_flags", env.compiler_flags}, {"libtorch", env.libtorch},   {"cuda", env.cuda}};
}

int64_t record_env(Database& database) { return remember_env(database, this_env()); }

std::string worker_name() { return host_name() + ":" + std::to_string(::getpid()); }

}  // namespace mds
