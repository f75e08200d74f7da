#include "trainer/distil.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "pipeline/sampler_config.h"

namespace mds {
namespace {

DistilConfig checked(DistilConfig config) {
  if (config.start.empty()) config.start = config.teacher;
  if (config.guidance.low > config.guidance.high)
    throw ConfigError("stage.guidance.low is " + shown(config.guidance.low) + "; allowed: at most high, " +
                      shown(config.guidance.high));
  if (config.guidance.absorbed && config.guidance.probability != 0 && config.guidance.probability != 1)
    throw ConfigError("stage.guidance.probability is " + shown(config.guidance.probability) +
                      "; allowed with guidance that is absorbed: 1, or 0 where the teacher has absorbed its own");
  if (config.inputs == DistilInputs::pictures && !config.captions.empty())
    throw ConfigError("stage.captions have no pictures to start from; needed: stage.inputs \"trajectory\"");
  if (config.inputs == DistilInputs::trajectory && config.original > 0)
    throw ConfigError("stage.original is " + shown(config.original) +
                      "; allowed with stage.inputs \"trajectory\", which has no pictures: 0");
  return config;
}

}  // namespace

std::vector<TeacherSteps> teacher_steps(const DistilConfig& config, int64_t schedule_steps) {
  const int64_t each = config.teacher_steps, all = config.steps * each;
  if (all > schedule_steps)
    throw ConfigError("stage.steps times stage.teacher_steps is " + std::to_string(all) + "; allowed: at most the " +
                      std::to_string(schedule_steps) + " timesteps of " + config.teacher);
  const auto fine = steps_of({.steps = all}, schedule_steps);
  std::vector<TeacherSteps> found;
  for (size_t i = 0; i < fine.size(); ++i) {
    if (i % size_t(each) == 0) found.emplace_back();
    found.back().t.push_back(fine[i].t);
    found.back().end = fine[i].previous;
  }
  return found;
}

std::vector<double> shares(const NoiseSchedule& schedule, const TeacherSteps& steps) {
  const auto ratio = [&](int64_t t) { return schedule.a(t) / schedule.s(t); };
  const size_t last = steps.t.size() - 1;
  std::vector<double> found(steps.t.size(), 0.0);
  if (steps.end < 0) {
    found[last] = 1;
    return found;
  }
  const double rise = ratio(steps.end) - ratio(steps.t[0]);
  for (size_t i = 0; i <= last; ++i)
    found[i] = (ratio(i == last ? steps.end : steps.t[i + 1]) - ratio(steps.t[i])) / rise;
  return found;
}

Tensor stepped_x0(const NoiseSchedule& schedule, const TeacherStepsOf& steps, const Tensor& z_NCHW,
                  const Teacher& teacher) {
  torch::NoGradGuard no_grad;
  const int64_t count = steps.t_NM.size(1);
  Tensor z = z_NCHW, x0 = at::zeros_like(z);
  for (int64_t i = 0; i < count; ++i) {
    const Parts said = teacher(z, steps.t_NM.select(1, i));
    x0 = x0 + steps.share_NM.select(1, i).view({-1, 1, 1, 1}) * said.x0;
    if (i + 1 < count) z = schedule.noised(said.x0, said.eps, steps.t_NM.select(1, i + 1));
  }
  return x0;
}

DistilStage::DistilStage(const DistilConfig& config, const LoopConfig& loop, const LatentSource& latents)
    : config_(checked(config)),
      teacher_(open_predecessor(config_.teacher, latents)),
      start_(open_predecessor(config_.start, latents)),
      schedule_(NoiseSchedule(*teacher_.card.schedule).on(loop.placement.device)),
      feed_(latents, loop.batch, loop.seed),
      empty_text_(feed_.empty_text().to(loop.placement.device)),
      teacher_unet_(teacher_.teaching_unet(loop.placement, loop.dtype)),
      student_(start_.unet(loop.placement)),
      ranks_(loop.ranks) {
  check_same_diffusion(teacher_, start_);
  check_tells_x0(teacher_);
  std::vector<Tensor> t, share;
  for (const TeacherSteps& steps : teacher_steps(config_, schedule_.steps())) {
    t.push_back(at::tensor(steps.t, at::kLong));
    share.push_back(at::tensor(shares(schedule_, steps), at::kDouble));
  }
  const at::Device device = student_->device();
  steps_ = {at::stack(t).to(device), at::stack(share).to(device, at::kFloat)};
  student_->checkpoint_activations(loop.checkpoint_activations);
}

DistilBatch DistilStage::draw(const Turn& turn) {
  DistilBatch batch{feed_.next(turn, config_.steps, /*caption_dropout=*/0)};
  const auto& guidance = config_.guidance;
  const Tensor drawn = at::rand({2}, turn.random);
  if (drawn[0].item<double>() < guidance.probability)
    batch.guidance = guidance.low + (guidance.high - guidance.low) * drawn[1];
  return batch;
}

std::string DistilStage::needs_whole_batch() const {
  return config_.original > 0 ? "stage.original is a share of the whole batch's distillation loss; or set it to 0" : "";
}

// If the batch has no w, only the conditional output; else one pass computes both outputs.
Tensor DistilStage::guided(const Network& unet, const Tensor& x, const Tensor& t, const DistilBatch& batch,
                           const Observer& observer) const {
  const UNetInputs inputs{t, batch.text_NSC};
  if (!batch.guidance.defined()) return predicted(unet, x, inputs, observer);
  return mds::guided(unet, {x, inputs, empty_text_}, batch.guidance, observer);
}

// The squared error of v equals that of x0 times SNR + 1 = 1 / s^2, so the weight of x0 is divided by this.
Tensor DistilStage::weight(const Amplitudes& at_t) const {
  const Tensor signal = at_t.a.square(), noise = at_t.s.square();
  switch (config_.weight) {
    case DistilWeight::one:
      return noise;
    case DistilWeight::snr:
      return signal;
    case DistilWeight::truncated_snr:
      return at::maximum(signal, noise);
    case DistilWeight::snr_plus_one:
      return at::ones_like(noise);
  }
  throw std::logic_error("a weight without a formula");
}

Tensor DistilStage::start_of(const DistilBatch& batch) const {
  const Tensor &step = batch.t_N, &noise = batch.noise_NCHW;
  if (config_.inputs == DistilInputs::pictures)
    return schedule_.noised(batch.x0_NCHW, noise, steps_.t_NM.select(1, 0).index_select(0, step));
  const torch::NoGradGuard no_grad;
  Tensor z = noise;
  for (int64_t i = 0; i + 1 < config_.steps; ++i) {
    const Tensor t = steps_.t_NM[i][0].expand_as(step), t_next = steps_.t_NM[i + 1][0].expand_as(step);
    const Tensor output =
        student_guided(batch) ? guided(*student_, z, t, batch) : predicted(*student_, z, {t, batch.text_NSC});
    const Parts said = parts(start_.card.prediction, output, z, at(t));
    z = at::where((step > i).view({-1, 1, 1, 1}), schedule_.noised(said.x0, said.eps, t_next), z);
  }
  return z;
}

Tensor DistilStage::loss(const DistilBatch& batch, const Observer& observer) {
  const Tensor& step = batch.t_N;
  const TeacherStepsOf steps{steps_.t_NM.index_select(0, step), steps_.share_NM.index_select(0, step)};
  const Tensor t = steps.t_NM.select(1, 0);
  const Tensor &x0 = batch.x0_NCHW, &noise = batch.noise_NCHW;
  const Amplitudes here = at(t);
  const Tensor z = start_of(batch);
  const Tensor wanted_x0 = stepped_x0(schedule_, steps, z, [&](const Tensor& x, const Tensor& at_t) {
    return parts(teacher_.card.prediction, guided(*teacher_unet_, x, at_t, batch), x, at(at_t));
  });
  const Tensor wanted_v = (here.a * z - wanted_x0) / here.s;
  const auto as_v = [&](const Tensor& output) {
    return target(Prediction::v, parts(start_.card.prediction, output, z, here), here);
  };
  const bool both_guided = student_guided(batch);
  const Tensor plain = both_guided ? Tensor() : predicted(*student_, z, {t, batch.text_NSC}, observer);
  const Tensor said = as_v(both_guided ? guided(*student_, z, t, batch, observer) : plain);
  const Tensor distilled = (weight(here) * (said - wanted_v).square()).mean();
  if (config_.original == 0) return distilled;
  const Tensor own = both_guided ? predicted(*student_, z, {t, batch.text_NSC}, observer) : plain;
  const Tensor original = at::mse_loss(as_v(own), target(Prediction::v, {x0, noise}, here));
  const Tensor whole = mean_over(ranks_, at::stack({distilled.detach(), original.detach()}));
  return distilled + config_.original * (whole[0] / whole[1]) * original;
}

StageCard DistilStage::card() const {
  StageCard card = card_after(start_);
  card.predecessors["teacher"] = teacher_.folder;
  card.model.sampler = {.steps = config_.steps, .guidance = card.model.sampler.guidance};
  card.guidance_absorbed = config_.guidance.absorbed;
  return card;
}

StagePtr make_stage(const DistilConfig& config, const StageInputs& inputs) {
  return std::make_unique<DistilStage>(config, inputs.loop, inputs.latents);
}

std::vector<PlannedNetwork> planned_networks(const DistilConfig& config, const PlanInputs&) {
  const double guided = config.guidance.probability, own = config.original > 0 ? 1 : 0;
  const bool student_too = !config.guidance.absorbed && guided > 0;
  const double before = config.inputs == DistilInputs::trajectory ? double(config.steps - 1) : 0;
  return {{.name = "student",
           .plan = make_plan(planned_unet(config.start.empty() ? config.teacher : config.start)),
           .passes = {.trained = student_too ? 1 + guided * (1 + own) : 1,
                      .plain = before * (student_too ? 1 + guided : 1)},
           .held_at_once = student_too ? 2 + own : 1},
          {.name = "teacher",
           .plan = make_plan(planned_unet(config.teacher)),
           .trained = false,
           .passes = {.plain = double(config.teacher_steps) * (1 + guided)}}};
}

}  // namespace mds
