// mdsearch train: one stage from its config to a model folder, with a checkpoint to go on from.
#include <cmath>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "app/options.h"
#include "app/progress.h"
#include "app/run.h"
#include "app/stages.h"
#include "app/train_plan.h"

namespace mds {
namespace {

volatile std::sig_atomic_t interrupted = 0;

TrainConfig load_config(const std::string& file, const std::vector<std::string>& settings) {
  Json json = load_json(file);
  for (const auto& setting : settings) overlay(json, setting);
  return from_json<TrainConfig>(json, file);
}

std::string describe_step(const StepReport& report) {
  char text[96], adversary[32] = "";
  if (!std::isnan(report.adversary_loss))
    std::snprintf(adversary, sizeof adversary, "  adversary %.4f", report.adversary_loss);
  std::snprintf(text, sizeof text, "loss %.4f  gradient %.3f%s", report.loss, report.gradient_norm, adversary);
  return text;
}

// Where the time of this process's iterations went; the first one, which warms up, is left out.
class TimeSpent {
 public:
  void add(const StepReport& report) {
    if (count_++ == 0) return;
    data_s_ += report.times.data_s;
    forward_s_ += report.times.forward_s;
    backward_s_ += report.times.backward_s;
    update_s_ += report.times.update_s;
  }
  ~TimeSpent() {
    const double n = double(count_ - 1), total_s = forward_s_ + backward_s_ + update_s_;
    if (n >= 1)
      std::fprintf(stderr,
                   "an iteration took %.4f s: batch and forward %.4f, backward %.4f, update %.4f; "
                   "%.1f %% of it was waiting for data\n",
                   total_s / n, forward_s_ / n, backward_s_ / n, update_s_ / n, 100 * data_s_ / total_s);
  }

 private:
  int64_t count_ = 0;
  double data_s_ = 0, forward_s_ = 0, backward_s_ = 0, update_s_ = 0;
};

// Trains up to an iteration; an error says what there is to go on from.
void run_to(Loop& loop, int64_t iteration, const std::string& checkpoint,
            const std::function<void(const StepReport&)>& report) {
  try {
    loop.run_to(iteration, report);
  } catch (const std::runtime_error& error) {
    const bool saved = std::filesystem::exists(checkpoint);
    throw std::runtime_error(error.what() + (saved ? "; the last good checkpoint is " + checkpoint
                                                   : std::string("; no checkpoint was saved yet")));
  }
}

struct Run {
  StageRun& stage;
  const TrainConfig& config;
  std::string folder, identity, command;
  std::string checkpoint() const { return folder + "/checkpoint.safetensors"; }
};

// "0000500", which sorts by iteration.
std::string iteration_name(const Loop& loop) {
  char name[32];
  std::snprintf(name, sizeof name, "%07lld", static_cast<long long>(loop.iteration()));
  return name;
}

// Pictures of the same captions and noise each time, as PNG by iteration.
void draw_samples(const Run& run, const Loop& loop) {
  std::filesystem::create_directories(run.folder + "/samples");
  run.stage.sample(loop.ema(), run.folder + "/samples/" + iteration_name(loop) + ".png");
}

void save_model(const Run& run, const Loop& loop, const std::string& folder) {
  run.stage.finish(loop.ema(), folder,
                   {.command = run.command,
                    .config = to_json(run.config),
                    .data = {},
                    .data_hash = run.stage.data_hash(),
                    .iterations = loop.iteration(),
                    .seed = run.config.loop.seed,
                    .run_id = sha256(run.identity).substr(0, 16),
                    .license = {}});
}

// Trains to the end or to an interrupt, saving a checkpoint at each interval. Returns whether it reached the end.
bool train(Loop& loop, const Run& run) {
  const TrainConfig& config = run.config;
  TimeSpent spent;
  Progress progress(config.name, config.loop.iterations, loop.iteration());
  while (loop.iteration() < config.loop.iterations && !interrupted) {
    const int64_t next = std::min((loop.iteration() / config.loop.checkpoint_every + 1) * config.loop.checkpoint_every,
                                  config.loop.iterations);
    for (int64_t i = loop.iteration() + 1; i <= next && !interrupted; ++i)
      run_to(loop, i, run.checkpoint(), [&](const StepReport& report) {
        spent.add(report);
        progress.show(report.iteration, describe_step(report), /*every=*/20);
      });
    loop.save(run.checkpoint(), run.identity);
    if (config.sample_every > 0 && loop.iteration() % config.sample_every == 0) draw_samples(run, loop);
    if (config.keep_every > 0 && loop.iteration() % config.keep_every == 0)
      save_model(run, loop, run.folder + "/series/" + iteration_name(loop));
  }
  return loop.iteration() == config.loop.iterations;
}

}  // namespace

int run_train(int argc, char** argv) {
  CommandLine line{.usage =
                       "mdsearch train CONFIG [--set key=value ...] [--out DIR]\n"
                       "       mdsearch train CONFIG --plan [--devices N] [--rate R | --tflops T] [--format FORMAT]",
                   .example = "mdsearch train configs/train/emoji-autoencoder.json --set loop.iterations=100",
                   .positional = {"config"}};
  std::string file, out;
  std::vector<std::string> settings;
  ComputeOptions compute;
  line.options.add_options()("config", po::value(&file)->required(), "training configuration, JSON")(
      "set", po::value(&settings)->composing(), "overrides one value of the configuration, by dotted key")(
      "out", po::value(&out), "output folder; default out/train/NAME");
  add_compute_options(line.options, compute);
  PlanRequest request;
  add_plan_options(line.options, request);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  apply(compute);

  TrainConfig config = load_config(file, settings);
  if (!values["seed"].defaulted()) config.loop.seed = compute.seed;
  if (is_plan(values, request)) {
    std::cout << plan_text(config, request);
    return 0;
  }
  if (out.empty()) out = "out/train/" + config.name;
  std::filesystem::create_directories(out);
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });

  const auto run = open_stage(config);
  TrainConfig trained = config;  // what is drawn and scored changes nothing of the run
  trained.evaluation.reset();
  trained.sample_every = trained.keep_every = 0;
  trained.loop.checkpoint_activations = false;
  const std::string identity = Json{{"config", to_json(trained)}, {"data", run->data_hash()}}.dump();
  Run told{*run, config, out, identity, "mdsearch train " + file};
  for (const auto& setting : settings) told.command += " --set " + setting;
  const std::string checkpoint = told.checkpoint();
  Loop loop(run->stage(), config.loop, config.optimizer);
  if (loop.resume(checkpoint, identity)) std::cerr << "resumes at iteration " << loop.iteration() << "\n";
  if (!train(loop, told)) {
    std::cerr << "stopped at iteration " << loop.iteration() << "; the same command goes on from " << checkpoint
              << "\n";
    return 1;
  }
  save_model(told, loop, out + "/model");
  std::cout << out << "/model\n";
  return 0;
}

}  // namespace mds
