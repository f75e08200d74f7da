// What tests/instructions/instructions.py counts: `instructions` runs each of its cases twice, the second time under
// callgrind's eyes, and prints what the counts depend on besides the sources. Without valgrind it only runs them.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gnu/libc-version.h>
#include <sqlite3.h>
#include <torch/types.h>
#include <torch/version.h>
#include <valgrind/callgrind.h>

#include <functional>
#include <iostream>

#include "networks/network.h"
#include "networks/network_file.h"
#include "networks/network_spec.h"
#include "search/enumerate.h"
#include "spec/json_text.h"
#include "tests/search/store/sample.h"

using namespace mds;

namespace {

// The first run makes what is made once: kernels of oneDNN, tables, memory that is kept.
void count(const char* name, const std::function<void()>& work) {
  work();
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  work();
  CALLGRIND_DUMP_STATS_AT(name);
  CALLGRIND_STOP_INSTRUMENTATION;
}

UNetSpec mobilediffusion() { return std::get<UNetSpec>(load_network("mobilediffusion")); }

Space small_space() {
  return {from_json<SpaceSpec>(parse_json(R"({"base": "mobilediffusion", "choices": [
      {"name": "width", "path": "levels.2.width", "range": {"from": 640, "to": 1280, "step": 64}},
      {"name": "feed-forward", "path": "levels.2.ff_expansion", "values": [4, 6, 8]},
      {"name": "keys", "path": "levels.1.share_self_kv", "values": [true, false]},
      {"name": "up", "path": "levels.2.up", "entries": [2, 3], "lengths": [2, 3]}]})",
                                          "small space"),
                               "small space"),
          "small space"};
}

void count_screening() {
  const Space space = small_space();
  count("screening", [&] { enumerate(space, {}, {.count = 1}, {.threads = 1}); });
}

void count_spec() {
  const UNetSpec spec = mobilediffusion();
  const std::string text = to_json(spec).dump();
  count("plan and cost", [&] { cost(make_plan(spec)); });
  count("spec from JSON", [&] { from_json<UNetSpec>(parse_json(text, "spec"), "spec"); });
  count("spec to JSON", [&] { to_json(spec).dump(); });
}

// The rows of the first and the second run differ, as a row that is there already is not stored.
void count_store() {
  Database database(":memory:");
  const int64_t run = test::add_run(database, "network");
  int64_t iteration = 0;
  count("100 stored rows", [&] {
    database.transaction([&] {
      for (int i = 0; i < 100; ++i) add_metric(database, run, {.iteration = ++iteration, .name = "loss", .value = 0.5});
    });
  });
}

void count_passes() {
  auto spec = std::get<UNetSpec>(load_network(MDS_SOURCE_DIR "/tests/data/tiny-unet.json"));
  set_extent(spec, {16, 16});
  const NetworkPtr network = make_network(make_plan(spec));
  initialise(*network, /*seed=*/1);
  const Tensor x = at::ones({1, spec.latent_channels, 16, 16});
  const Conditioning conditioning{.timesteps_N = at::full({1}, 321, at::kLong),
                                  .text_NSC = at::ones({1, spec.text_tokens, spec.text_width})};
  const auto pass = [&] { network->forward(x, conditioning); };
  count("pass by library kernels", pass);
  network->prepare();
  count("pass by prepared kernels", pass);
}

}  // namespace

int main() {
  torch::NoGradGuard no_grad;
  at::set_num_threads(1);
  count_screening();
  count_spec();
  count_store();
  count_passes();
  std::cout << Json{{"compiler", __VERSION__},
                    {"libtorch", TORCH_VERSION},
                    {"libc", gnu_get_libc_version()},
                    {"sqlite", sqlite3_libversion()},
                    {"prepared", can_prepare()}};
}
