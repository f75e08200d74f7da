// A tiny sweep: MobileDiffusion and a cheaper network, both trained to the end, and one that stopped early and whose
// name contains markup of every format. MobileDiffusion has two timed blocks and a timed whole.
#pragma once

#include <string>
#include <vector>

#include "networks/lone_block.h"
#include "profiler/roof.h"
#include "search/store/store.h"

namespace mds::test {

struct Counts {
  int64_t params = 0;
  int64_t macs_valid = 0;
};

inline ArchRow network(const std::string& name, const std::string& spec, const Counts& counts) {
  return {.hash = sha256(spec),
          .name = name,
          .spec_json = spec,
          .params = counts.params,
          .macs = counts.macs_valid + counts.macs_valid / 50,
          .macs_valid = counts.macs_valid,
          .convention = "macs-valid-attn-v1",
          .input = "8x64x64",
          .generator = "test"};
}

struct Training {
  ArchRow full{};
  std::string proxy_spec{};
  int64_t iterations = 180;
  double fd = 40, clip = 0.25;
  RunState state = RunState::done;
};

inline int64_t add_training(Database& database, const Training& training, const std::string& protocol) {
  const ArchRow proxy = network("", training.proxy_spec, {training.full.params / 62, training.full.macs_valid / 60});
  add_arch(database, training.full);
  add_arch(database, proxy);
  const int64_t run = ensure_run(
      database, {.sweep = "quick", .arch = proxy.hash, .protocol = protocol, .proxy_of = training.full.hash});
  const auto lease = claim(database, "quick",
                           {.owner = "test", .device = remember_device(database, {.model = "test cpu", .cores = 2})});
  for (int64_t at = 60; at <= training.iterations; at += 60) {
    const double behind = double(training.iterations - at) / 10;
    const double fd = training.fd + behind, clip = training.clip - behind / 1000;
    add_metric(database, *lease,
               {.iteration = at,
                .images_seen = 16 * at,
                .name = "fd_emoji_clip",
                .value = fd,
                .n = 64,
                .low = fd - 2,
                .high = fd + 3});
    add_metric(database, *lease,
               {.iteration = at, .images_seen = 16 * at, .name = "clip_emoji", .value = clip, .n = 64});
    add_metric(database, *lease, {.iteration = at, .images_seen = 16 * at, .name = "loss", .value = 1 / double(at)});
  }
  add_picture(database, *lease,
              {.iteration = training.iterations, .bytes = "\x89PNG\r\n\x1a\n", .prompt = "<b>\"cat\"</b> & 'dog'"});
  finish(database, *lease, training.state);
  add_decision(database, {.run = run, .rule = "paper/1", .inputs_json = "{\"slope\":-0.1}", .verdict = "promote"});
  return run;
}

inline EnvRow build_of(const std::string& commit) {
  return {.git_commit = commit, .compiler = "GNU 12", .compiler_flags = "-O3", .libtorch = "2.13"};
}

inline constexpr Evidence steady_final{TimingMode::final, TimingMark::steady};

// How a network is timed: two blocks of 1 and 20 ms, and the whole of 22 ms.
struct Timed {
  std::string device = "test cpu", commit = "abc";
  int64_t batch = 1;
  Evidence evidence{}, whole_evidence = steady_final;
  bool blocks = true, whole = true;
};

inline BlockRow block_row(const std::string& path, const Json& block, const char* site) {
  const PlanStep step = lone_step(block, parse_site(site, {"site", ""}), {"block", ""});
  const Cost total = cost(step);
  return {.path = path,
          .kind = std::string(kind_of(step.block)),
          .in = to_string(step.site.in),
          .out = to_string(step.out),
          .params = total.params,
          .macs = total.macs,
          .macs_valid = total.macs_valid,
          .block_json = canonical_json(step)};
}

// The machine of the sample's timings.
inline constexpr Roof sample_roof{.fp32_gflops = 1000, .bf16_gflops = 2000, .copy_gb_s = 8};

inline void add_latencies(Database& database, const ArchRow& arch, const Timed& timed = {}) {
  const std::vector<BlockRow> blocks{block_row("conv_in", {{"kind", "convolution"}, {"out", 320}}, "8x64x64"),
                                     block_row("down1.0.conv", {{"kind", "resnet"}}, "320x64x64")};
  add_arch_blocks(database, arch.hash, blocks);
  LatencyRow row;
  row.process.conditions_json = Json{{"roof", to_json(sample_roof)}}.dump();
  row.key.device = remember_device(database, {.model = timed.device});
  row.key.env = remember_env(database, build_of(timed.commit));
  row.key.threads = 2;
  row.key.batch = timed.batch;
  row.evidence = timed.evidence;
  const auto add = [&](int64_t median_ns) {
    row.samples_ns.clear();
    for (int64_t k = -4; k <= 4; ++k) row.samples_ns.push_back(median_ns + 10'000 * k);
    add_latency(database, row);
  };
  for (const auto& [block, ns] : {std::pair{blocks[0], 1'000'000}, std::pair{blocks[1], 20'000'000}}) {
    row.key.block_json = block.block_json;
    if (timed.blocks) add(ns);
  }
  row.key.block_json.clear();
  row.key.kind = LatencyKind::end_to_end;
  row.key.arch = arch.hash;
  row.evidence = timed.whole_evidence;
  if (timed.whole) add(22'000'000);
}

inline ArchRow mobilediffusion() {
  return network("mobilediffusion", R"({"name":"md"})", {386'687'048, 182'611'423'232});
}

// Two trainings that belong to no sweep: one finished and scored, one failed.
inline void add_trainings(Database& database) {
  add_sweep(database, trainings, "{}");
  for (const bool fails : {false, true}) {
    const ArchRow arch = network("toy", fails ? R"({"t":2})" : R"({"t":1})", {6'229'968, 1'000'000});
    add_arch(database, arch);
    const Json protocol{{"config",
                         {{"name", fails ? "toy-relu" : "toy-base"},
                          {"stage", {{"kind", fails ? "relu" : "base"}}},
                          {"loop", {{"iterations", 40}}}}},
                        {"data", "d"}};
    const int64_t run = ensure_run(
        database, {.sweep = trainings, .arch = arch.hash, .protocol = add_protocol(database, protocol.dump())});
    const Lease lease =
        take(database, run, {.owner = "test", .device = remember_device(database, {.model = "test cpu"})});
    for (int64_t at = 20; at <= (fails ? 20 : 40); at += 20) {
      const auto add = [&](const std::string& name, double value) {
        add_metric(database, lease, {.iteration = at, .images_seen = 8 * at, .name = name, .value = value, .n = 20});
      };
      add("loss", 20 / double(at));
      add("images_per_s", at == 20 ? 100 : 300);
    }
    if (!fails)
      add_metric(database, lease,
                 {.iteration = 40, .images_seen = 320, .name = "fd_emoji_clip", .value = 0.25, .n = 64});
    finish(database, lease, fails ? RunState::failed : RunState::done,
           fails ? "iteration 31: the loss is not finite" : "");
  }
}

inline void fill_sample(Database& database) {
  add_sweep(database, "quick", "{}");
  const std::string protocol = add_protocol(database, R"({"lr": 0.001})");
  add_training(database, {.full = mobilediffusion(), .proxy_spec = "{\"p\":1}"}, protocol);
  add_training(database,
               {.full = network("", R"({"name":"x"})", {200'000'000, 95'000'000'000}),
                .proxy_spec = "{\"p\":2}",
                .fd = 52,
                .clip = 0.26},
               protocol);
  add_training(database,
               {.full = network("<i>|`x`'", R"({"name":"y"})", {300'000'000, 90'000'000'000}),
                .proxy_spec = "{\"p\":3}",
                .iterations = 60,
                .fd = 90,
                .state = RunState::stopped},
               protocol);
  add_latencies(database, mobilediffusion());
  add_trainings(database);
}

}  // namespace mds::test
