#include "experiments/recording.h"

#include <unistd.h>

#include "profiler/environment.h"
#include "spec/listed.h"

namespace mds {
namespace {

BlockRow block_row(const PlanStep& step) {
  const Cost c = cost(step);
  return {.path = step.path,
          .kind = std::string(kind_of(step.block)),
          .in = to_string(step.site.in),
          .out = to_string(step.out),
          .params = c.params,
          .macs = c.macs,
          .macs_valid = c.macs_valid,
          .block_json = canonical_json(step)};
}

ArchRow arch_row(const NamedNetwork& network, const Plan& plan, const ArchOrigin& origin) {
  const Cost c = cost(plan);
  return {.hash = hash_of(network.spec),
          .name = network.name,
          .spec_json = canonical_json(network.spec),
          .params = c.params,
          .macs = c.macs,
          .macs_valid = c.macs_valid,
          .convention = cost_convention,
          .input = to_string(plan.input),
          .verdict = origin.verdict,
          .reject_reason = origin.reject_reason,
          .parent = origin.parent,
          .generator = origin.generator,
          .seed = origin.seed};
}

}  // namespace

// The clock is not part of the identity: the kernel reports the current clock, which is a condition of a measurement.
int64_t record_device(Database& database, const std::string& kind) {
  const DeviceInfo device = capture_environment().device;
  return remember_device(
      database,
      {.kind = kind,
       .model = kind == "cuda" ? listed(device.gpu_models) : device.cpu_model,
       .cores = device.cores,
       .memory_bytes = device.memory_bytes.value_or(0),
       .os = device.os,
       .details_json = Json{{"cpu_capability", device.cpu_capability}, {"gpu_models", device.gpu_models}}.dump()});
}

int64_t record_env(Database& database) {
  const auto [build, device, now] = capture_environment();
  return remember_env(database, {.git_commit = build.git_commit,
                                 .git_dirty = build.git_dirty,
                                 .compiler = build.compiler,
                                 .compiler_flags = build.flags,
                                 .libtorch = build.torch_version,
                                 .cuda = build.cuda,
                                 .determinism = now.deterministic ? "deterministic algorithms" : "any algorithm",
                                 .details_json = Json{{"allocator", now.allocator}, {"tf32", now.tf32}}.dump()});
}

std::string worker_name() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + ":" + std::to_string(::getpid());
}

std::string record_arch(Database& database, const NamedNetwork& network, const ArchOrigin& origin) {
  const Plan plan = make_plan(canonical(network.spec));
  const ArchRow row = arch_row(network, plan, origin);
  std::vector<BlockRow> blocks;
  for (const auto& step : plan.steps) blocks.push_back(block_row(step));
  database.transaction([&] {
    add_arch(database, row);
    add_arch_blocks(database, row.hash, blocks);
  });
  return row.hash;
}

}  // namespace mds
