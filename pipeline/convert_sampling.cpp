#include "pipeline/convert_sampling.h"

#include <algorithm>
#include <array>

#include "pipeline/convert_source.h"

namespace mds {
namespace {

// A scheduler of diffusers: the sampler of ours that takes its steps, and the defaults of what its configuration may
// leave out.
struct SchedulerClass {
  std::string_view name;
  Sampler sampler = Sampler::ddim;
  bool is_ours = false;
  Spacing spacing = Spacing::linspace;
  BetaSchedule betas = BetaSchedule::linear;
  double beta_start = 0.0001, beta_end = 0.02;
  LastStep last = LastStep::clean;
  bool clips = false;
};

constexpr SchedulerClass other_class{};
constexpr std::array scheduler_classes = {
    SchedulerClass{.name = "DDIMScheduler", .is_ours = true, .spacing = Spacing::leading, .clips = true},
    SchedulerClass{.name = "DDIMParallelScheduler", .is_ours = true, .spacing = Spacing::leading, .clips = true},
    SchedulerClass{.name = "EulerDiscreteScheduler", .sampler = Sampler::euler, .is_ours = true},
    SchedulerClass{.name = "DPMSolverMultistepScheduler", .sampler = Sampler::dpmpp_2m, .is_ours = true},
    SchedulerClass{.name = "PNDMScheduler", .spacing = Spacing::leading, .last = LastStep::first},
    SchedulerClass{.name = "DDPMScheduler", .spacing = Spacing::leading, .clips = true},
    SchedulerClass{.name = "DDPMParallelScheduler", .spacing = Spacing::leading, .clips = true},
    SchedulerClass{.name = "HeunDiscreteScheduler", .beta_start = 0.00085, .beta_end = 0.012},
    SchedulerClass{.name = "KDPM2DiscreteScheduler", .beta_start = 0.00085, .beta_end = 0.012},
    SchedulerClass{.name = "KDPM2AncestralDiscreteScheduler", .beta_start = 0.00085, .beta_end = 0.012},
    SchedulerClass{.name = "DPMSolverSDEScheduler", .beta_start = 0.00085, .beta_end = 0.012},
    SchedulerClass{.name = "LCMScheduler",
                   .spacing = Spacing::leading,
                   .betas = BetaSchedule::scaled_linear,
                   .beta_start = 0.00085,
                   .beta_end = 0.012},
    SchedulerClass{.name = "TCDScheduler",
                   .spacing = Spacing::leading,
                   .betas = BetaSchedule::scaled_linear,
                   .beta_start = 0.00085,
                   .beta_end = 0.012},
};

SchedulerClass class_of(const std::string& name) {
  const auto* const found = std::find_if(scheduler_classes.begin(), scheduler_classes.end(),
                                         [&](const SchedulerClass& one) { return one.name == name; });
  return found != scheduler_classes.end() ? *found : other_class;
}

// A setting of diffusers that our samplers have not, and the value with which it has no effect.
struct Neutral {
  const char* key;
  Json value;
};

const std::vector<Neutral>& neutral_settings() {
  static const std::vector<Neutral> settings{{"thresholding", false},
                                             {"use_karras_sigmas", false},
                                             {"use_exponential_sigmas", false},
                                             {"use_beta_sigmas", false},
                                             {"use_lu_lambdas", false},
                                             {"euler_at_final", false},
                                             {"lower_order_final", true},
                                             {"solver_order", 2},
                                             {"algorithm_type", "dpmsolver++"},
                                             {"solver_type", "midpoint"},
                                             {"interpolation_type", "linear"},
                                             {"timestep_type", "discrete"},
                                             {"lambda_min_clipped", "-Infinity"},
                                             {"sigma_min", nullptr},
                                             {"sigma_max", nullptr}};
  return settings;
}

Prediction prediction_of(const std::string& name, const Place& place) {
  if (name == "epsilon") return Prediction::epsilon;
  if (name == "v_prediction") return Prediction::v;
  if (name == "sample") return Prediction::x0;
  place.fail("is " + shown(name) + "; allowed: epsilon, v_prediction, sample");
}

// EDM and flow matching have noise levels without a_t^2 + s_t^2 = 1, which no schedule of ours can say.
void refuse_other_processes(const Json& json, const std::string& name, const Place& place) {
  const bool flows = json.value("use_flow_sigmas", Json(false)) == true;
  const bool flow_matching = name.starts_with("FlowMatch") || flows;
  if (!flow_matching && !name.starts_with("EDM")) return;
  const Place where = place.child(flows ? "use_flow_sigmas" : "_class_name");
  where.fail("is " + (flows ? "true" : shown(name)) + ", which is " + (flow_matching ? "flow matching" : "EDM") +
             "; allowed: schedulers of a variance-preserving diffusion, such as DDIMScheduler");
}

ScheduleConfig schedule_of(const Json& json, const SchedulerClass& scheduler, const Place& place) {
  ScheduleConfig schedule{.beta_start = scheduler.beta_start, .beta_end = scheduler.beta_end, .betas = scheduler.betas};
  take(json, "num_train_timesteps", schedule.steps, place);
  take(json, "beta_start", schedule.beta_start, place);
  take(json, "beta_end", schedule.beta_end, place);
  take(json, "rescale_betas_zero_snr", schedule.zero_terminal_snr, place);
  take(json, "beta_schedule", schedule.betas, place);
  take(json, "trained_betas", schedule.trained_betas, place);
  if (const auto given = int64_t(schedule.trained_betas.size()); given > 0 && given != schedule.steps)
    place.child("trained_betas")
        .fail("holds " + std::to_string(given) + " numbers; allowed: one for each of " +
              std::to_string(schedule.steps) + " timesteps");
  return schedule;
}

LastStep last_step_of(const Json& json, const SchedulerClass& scheduler, const Place& place) {
  bool to_one = scheduler.last == LastStep::clean;
  std::string final_sigma = to_one ? "zero" : "sigma_min";
  take(json, "set_alpha_to_one", to_one, place);
  take(json, "final_sigmas_type", final_sigma, place);
  if (final_sigma != "zero" && final_sigma != "sigma_min")
    place.child("final_sigmas_type").fail("is " + shown(final_sigma) + "; allowed: zero, sigma_min");
  const bool by_sigma = json.contains("final_sigmas_type");
  return (by_sigma ? final_sigma == "zero" : to_one) ? LastStep::clean : LastStep::first;
}

std::vector<std::string> settings_left_out(const Json& json, const SchedulerClass& scheduler, Spacing spacing) {
  std::vector<std::string> left_out;
  for (const auto& [key, neutral] : neutral_settings())
    if (const auto found = json.find(key); found != json.end() && !found->is_null() && *found != neutral)
      left_out.push_back(std::string(key) + " " + shown(*found));
  if (json.value("clip_sample", Json(scheduler.clips)) == true) left_out.push_back("clip_sample true");
  if (scheduler.sampler == Sampler::dpmpp_2m && spacing != Spacing::trailing)
    left_out.push_back("timestep_spacing " + std::string(name_of(spacing)) + " over one step more than are taken");
  const Json offset = json.value("steps_offset", Json(0));
  if (offset != (spacing == Spacing::leading ? 1 : 0))
    left_out.push_back("steps_offset " + shown(offset) + (spacing == Spacing::leading ? " (ours is 1)" : ""));
  return left_out;
}

void take_sampler(ModelCard& card, const Json& json, const Place& place, const Note& note) {
  const auto name = json.value("_class_name", Json()).get<std::string>();
  const SchedulerClass scheduler = class_of(name);
  SamplerConfig& sampler = card.sampler;
  sampler.sampler = scheduler.sampler;
  sampler.spacing = scheduler.spacing;
  take(json, "timestep_spacing", sampler.spacing, place);
  sampler.last = last_step_of(json, scheduler, place);
  if (!scheduler.is_ours)
    note(place.source + ": " + name + " is not among our samplers; " + std::string(name_of(sampler.sampler)) +
         " takes its place");
  std::string text;
  for (const auto& setting : settings_left_out(json, scheduler, sampler.spacing))
    text += (text.empty() ? "" : ", ") + setting;
  if (!text.empty()) note(place.source + ": not kept, as our samplers have no such setting: " + text);
}

void describe_configured(ModelCard& card, const Json& json, const Place& place, const Note& note) {
  const Json name = json.value("_class_name", Json());
  check_type(place.child("_class_name"), name, name.is_null() || name.is_string(), "text");
  const std::string class_name = name.is_string() ? name.get<std::string>() : "";
  refuse_other_processes(json, class_name, place);
  std::string prediction = "epsilon";
  take(json, "prediction_type", prediction, place);
  card.prediction = prediction_of(prediction, place.child("prediction_type"));
  card.schedule = schedule_of(json, class_of(class_name), place);
  if (!class_name.empty()) take_sampler(card, json, place, note);
}

// The marks of a single file, by the names that ComfyUI gives them.
void describe_marked(ModelCard& card, const ConvertRequest& request, const TensorMap& file, const Note& note) {
  for (const char* mark : {"edm_mean", "edm_vpred.sigma_max"})
    if (file.contains(mark))
      throw ConfigError(request.in + ": holds the tensor " + mark +
                        ", which means EDM; allowed: models of a variance-preserving diffusion");
  card.schedule = ScheduleConfig{.zero_terminal_snr = file.contains("ztsnr")};
  card.prediction = file.contains("v_pred") ? Prediction::v : Prediction::epsilon;
  if (card.prediction == Prediction::epsilon && !request.prediction)
    note("no scheduler/scheduler_config.json: taken to predict epsilon; `prediction` says otherwise");
}

}  // namespace

void describe_sampling(ModelCard& card, const ConvertRequest& request, const TensorMap& unet_file, const Note& note) {
  const std::string file = beside(request, "scheduler/scheduler_config.json");
  const Json json = json_if_there(file);
  card.sampler.guidance = 7.5;
  if (json.is_object())
    describe_configured(card, json, {file, ""}, note);
  else
    describe_marked(card, request, unet_file, note);
  if (request.prediction) card.prediction = *request.prediction;
  card.schedule = from_json<ScheduleConfig>(to_json(*card.schedule), file);  // checks the ranges
}

}  // namespace mds
