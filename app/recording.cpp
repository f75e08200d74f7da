#include "app/recording.h"

#include <unistd.h>

#include <filesystem>

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

// The name of a network that a file holds.
std::string name_of_file(const std::string& file, const std::string& hash) {
  for (const auto& [name, shipped] : shipped_hashes())
    if (shipped == hash) return name;
  return std::filesystem::path(file).stem().string() + "-" + hash.substr(0, 8);
}

}  // namespace

std::map<std::string, std::string> shipped_hashes() {
  std::map<std::string, std::string> hashes;
  for (const auto& entry : std::filesystem::directory_iterator(shipped_file("configs/architectures")))
    if (entry.path().extension() == ".json")
      hashes[entry.path().stem().string()] = hash_of(load_network(entry.path().string()));
  return hashes;
}

NetworkSpec with_asked_size(const NetworkSpec& spec, Extent pixels) {
  try {
    return with_size(spec, pixels);
  } catch (const ConfigError& error) {
    throw UsageError(error.what());
  }
}

NamedNetwork load_named(const std::string& name, Extent pixels) {
  NamedNetwork network{name, load_network(name)};
  if (name.ends_with(".json")) network.name = name_of_file(name, hash_of(network.spec));
  if (pixels == Extent{}) return network;
  const NetworkSpec sized = with_asked_size(network.spec, pixels);
  if (hash_of(sized) != hash_of(network.spec)) network.name += "-" + to_string(pixels) + "px";
  network.spec = sized;
  return network;
}

NetworkSpec network_of(const ArchRow& arch) {
  return network_from_json(Json::parse(arch.spec_json), "arch " + arch.hash);
}

// No clock is part of the identity: what the kernel tells is the clock of the moment, a condition of each measurement.
int64_t record_device(Store& store, const std::string& kind) {
  const DeviceInfo device = capture_environment().device;
  return store.remember_device(
      {.kind = kind,
       .model = kind == "cuda" ? listed(device.gpu_models) : device.cpu_model,
       .cores = device.cores,
       .memory_bytes = device.memory_bytes.value_or(0),
       .os = device.os,
       .details_json = Json{{"cpu_capability", device.cpu_capability}, {"gpu_models", device.gpu_models}}.dump()});
}

int64_t record_env(Store& store) {
  const auto [build, device, now] = capture_environment();
  return store.remember_env({.git_commit = build.git_commit,
                             .git_dirty = build.git_dirty,
                             .compiler = build.compiler,
                             .compiler_flags = build.flags,
                             .libtorch = build.torch_version,
                             .determinism = now.deterministic ? "deterministic algorithms" : "any algorithm",
                             .details_json = Json{{"allocator", now.allocator}, {"tf32", now.tf32}}.dump()});
}

std::string worker_name() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + ":" + std::to_string(::getpid());
}

std::string record_arch(Store& store, const NamedNetwork& network, const ArchOrigin& origin) {
  const Plan plan = make_plan(canonical(network.spec));
  const ArchRow row = arch_row(network, plan, origin);
  std::vector<BlockRow> blocks;
  for (const auto& step : plan.steps) blocks.push_back(block_row(step));
  store.transaction([&] {
    store.add_arch(row);
    store.add_arch_blocks(row.hash, blocks);
  });
  return row.hash;
}

}  // namespace mds
