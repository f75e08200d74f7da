#include "experiments/timing/profile_model.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/types.h>

#include "experiments/timing/profile_text.h"
#include "pipeline/layout_rows.h"
#include "profiler/environment.h"

namespace mds {
namespace {

constexpr const char* prompt = "red heart";  // any text: all texts are padded to one length
constexpr int64_t some_timestep = 500;

// The loaded parts of one model, with the inputs of each.
class Pipeline {
 public:
  Pipeline(const ModelRun& run, const ProfileOptions& options)
      : run_(run),
        card_(run.generator.card()),
        drawer_{.diffusion = {NoiseSchedule(*card_.schedule), card_.prediction},
                .sampler = run.sampler,
                .scale = *card_.latent_scale,
                .one_by_one = true},
        unet_(part("unet", make_plan(*card_.unet), options)),
        decoder_(part("vae_decoder", make_plan(*card_.vae_decoder), options)),
        seeds_{options.seed} {
    const auto encoders = text_encoders_of(card_, run.folder + "/model.json");
    for (size_t i = 0; i < encoders.size(); ++i)
      encoders_.emplace_back(run.folder, encoders[i], i, PartLoading{.placement = {.kernels = options.kernels}});
    empty_ = texts("");
    step_ = drawer_.denoiser(*unet_, guided_texts());
    const Shape& input = unet_->plan().input;
    latent_ = seeded_noise(seeds_, {input.channels, input.height, input.width});
  }

  std::vector<Callable> callables() const {
    return {{whole_path, [this] { draw(); }},
            {text_path, [this] { texts(prompt); }},
            {unet_step_path, [this] { step_(latent_, some_timestep); }},
            {decoder_path, [this] { drawer_.pictures(*decoder_, latent_); }}};
  }

 private:
  NetworkPtr part(const std::string& name, Plan plan, const ProfileOptions& options) const {
    return load_prepared(run_.folder, name, std::move(plan),
                         {.placement = {.dtype = options.dtype, .kernels = options.kernels}});
  }

  TextRows texts(const std::string& text) const {
    std::vector<Tensor> states, ends;
    Tensor pooled;
    for (const auto& encoder : encoders_) {
      const TextRows rows = encoder.rows({text});
      states.push_back(rows.states_NSC);
      ends.push_back(rows.ends_NC);
      pooled = rows.pooled_NP;
    }
    return {at::cat(states, 2), pooled, at::cat(ends, 1)};
  }

  // The empty text and the prompt, which is encoded each time; where the UNet reads layouts, with a box in every slot.
  PictureTexts guided_texts() const {
    const TextRows rows = texts(prompt);
    const auto joined = [](const Tensor& a, const Tensor& b) { return b.defined() ? at::cat({a, b}) : b; };
    const TextRows both{joined(empty_.states_NSC, rows.states_NSC), joined(empty_.pooled_NP, rows.pooled_NP)};
    PictureTexts texts{conditioning_of(card_, both), at::ones({1}, at::kLong)};
    if (const int64_t slots = canonical(*card_.unet).boxes; slots > 0) {
      const PlacedPhrase box{.phrase = prompt};
      put(texts.rows, layout_rows({{}, PictureLayout(size_t(slots), box)}, rows.ends_NC.expand({slots, -1}), slots));
    }
    return texts;
  }

  void draw() const { drawer_.pictures(*decoder_, drawer_.latents(*unet_, guided_texts(), seeds_)); }

  const ModelRun& run_;
  const ModelCard& card_;
  Drawer drawer_;
  NetworkPtr unet_, decoder_;
  std::vector<uint64_t> seeds_;
  std::vector<TextEncoder> encoders_;
  TextRows empty_;
  Denoiser step_;
  Tensor latent_;
};

// What was timed under each path; the number of steps affects only the whole.
std::map<std::string, PipelineRow> parts_of(const ModelRun& run) {
  const auto part = [&](PipelinePart name) {
    return PipelineRow{.model = run.hash, .part = name, .size = run.other_size()};
  };
  PipelineRow step = part(PipelinePart::unet_step), whole = part(PipelinePart::whole);
  step.calls = whole.calls = calls_a_step(run.sampler);
  whole.steps = run.sampler.steps;
  whole.sampler = name_of(run.sampler.sampler);
  return {{text_path, part(PipelinePart::text)},
          {unet_step_path, step},
          {decoder_path, part(PipelinePart::decoder)},
          {whole_path, whole}};
}

// A row for each part, and one for the rest of the whole that the parts do not explain.
Table table_of(const ModelRun& run, const ProfileOptions& options, const std::vector<RawProfile>& processes) {
  const double whole_ns = summarise_processes(samples_of(processes, whole_path)).median_ns;
  Table table{.title = run.folder + ": " + capture_environment().device.cpu_model + ", " +
                       std::string(name_of(options.dtype)) + ", " + std::string(name_of(options.kernels)) +
                       " kernels, " + std::to_string(at::get_num_threads()) + " threads, " +
                       std::to_string(run.sampler.steps) + " steps of " + std::to_string(calls_a_step(run.sampler)) +
                       " UNet calls",
              .columns = {{.name = "part"},
                          {.name = "median_ms", .header = "median ms", .digits = 3},
                          {.name = "low_ms", .header = "low", .digits = 3},
                          {.name = "high_ms", .header = "high", .digits = 3},
                          {.name = "share", .header = "share %", .scale = 100, .digits = 1},
                          {.name = "n"},
                          {.name = "mark"}},
              .footnotes = {"Shares are those of one picture: of the UNet all its steps."}};
  double rest_ns = whole_ns;
  for (const char* path : {text_path, unet_step_path, decoder_path, whole_path}) {
    const Summary summary = summarise_processes(samples_of(processes, path));
    const double times = path == unet_step_path ? double(run.sampler.steps) : 1, ns = summary.median_ns * times;
    if (path != whole_path) rest_ns -= ns;
    if (path == whole_path)
      table.rows.push_back({"(residual)", rest_ns * 1e-6, nullptr, nullptr, rest_ns / whole_ns, nullptr, nullptr});
    const auto ms = [](const std::optional<double>& value) { return value ? Json(*value * 1e-6) : Json(); };
    table.rows.push_back({path, summary.median_ns * 1e-6, ms(summary.low_ns), ms(summary.high_ns), ns / whole_ns,
                          summary.n, to_string(evidence_of(processes, path, options.mode))});
  }
  if (const auto phases = most_memory(processes); !phases.empty()) table.footnotes.push_back(memory_footnote(phases));
  return table;
}

Json json_of(const ModelRun& run, const ProfileOptions& options, const std::vector<RawProfile>& processes) {
  const std::string mark = to_string(evidence_of(processes, whole_path, options.mode));
  return {{"name", run.folder},
          {"hash", run.hash},
          {"device", capture_environment().device.cpu_model},
          {"dtype", std::string(name_of(options.dtype))},
          {"kernels", std::string(name_of(options.kernels))},
          {"threads", at::get_num_threads()},
          {"batch", 1},
          {"sampler", to_json(run.sampler)},
          {"memory", to_json(most_memory(processes))},
          {"latency_ms", latency_json(summarise_processes(samples_of(processes, whole_path)), mark)},
          {"parts", rows_json(table_of(run, options, processes))}};
}

}  // namespace

RawProfile time_model(const ModelRun& run, const ProfileOptions& options, Listener& listener) {
  const torch::NoGradGuard no_grad;
  std::optional<Pipeline> pipeline;
  const PhaseMemory loaded = memory_of("weights", options.device, [&] { pipeline.emplace(run, options); });
  RawProfile profile = time_all(pipeline->callables(), options, listener);
  profile.memory.insert(profile.memory.begin(), loaded);
  return profile;
}

void record_model_profile(Database& database, const ModelProfile& profile) {
  const auto& [run, options, processes] = profile;
  database.transaction([&] {
    add_model(database, model_row(run.folder, run.hash, run.generator.card()));
    record_parts(database, parts_of(run), options, processes);
  });
}

std::string model_profile_text(const ModelProfile& profile, Format format) {
  const auto& [run, options, processes] = profile;
  return format == Format::json ? json_of(run, options, processes).dump(2) + "\n"
                                : to_text(table_of(run, options, processes), format);
}

namespace {

ModelRun model_run(const ProfileRequest& request) {
  if (request.sampler.contains("cache_interval"))
    throw RequestError("profile: `cache_interval` is given; each step is timed as a whole one: name none");
  return open_model({.folder = request.subject,
                     .placement = {.dtype = request.options.dtype, .kernels = request.options.kernels},
                     .sampler = request.sampler,
                     .pixels = request.pixels});
}

}  // namespace

RawProfile time_model(const ProfileRequest& request, Listener& listener) {
  return time_model(model_run(request), request.options, listener);
}

std::string profile_model(const ProfileRequest& request, const MeasureApart& apart, Format format, Listener& listener) {
  const ModelRun run = model_run(request);
  Database database(request.database);
  const ModelProfile profile{run, request.options,
                             measured(request, apart, [&] { return time_model(run, request.options, listener); })};
  record_model_profile(database, profile);
  return model_profile_text(profile, format);
}

}  // namespace mds
