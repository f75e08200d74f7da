#include "trainer/real_latents.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "pipeline/solver.h"

namespace mds {
namespace {

SamplerConfig sampler_for(const RealConfig& config, const ModelCard& card) {
  SamplerConfig sampler = sampler_of(card);
  sampler.steps = config.teacher_steps;
  sampler.guidance = config.guidance;
  return sampler;
}

void check_begins_at_noise(const Predecessor& model, SamplerConfig sampler) {
  const int64_t last = model.card.schedule->steps - 1, first = steps_of(sampler, last + 1).front().t;
  if (first != last)
    throw ConfigError(model.folder + "/model.json: with spacing " + std::string(name_of(sampler.spacing)) +
                      " drawing begins at timestep " + std::to_string(first) + "; allowed: the last one, " +
                      std::to_string(last) + ", of whose noise the generator draws, as with spacing trailing");
}

void check_follows_from_noise(const Predecessor& teacher, const SamplerConfig& sampler) {
  const bool noised_again = sampler.steps > 1 || sampler.last == LastStep::first;
  if (noised_again && is_stochastic(sampler))
    throw ConfigError(teacher.folder + "/model.json: sampler is " + std::string(name_of(sampler.sampler)) +
                      ", which adds noise between steps; allowed for a teacher of " + std::to_string(sampler.steps) +
                      " steps: ddim, dpmpp_2m, euler");
}

}  // namespace

RealTeacher::RealTeacher(const RealConfig& config, const std::string& place, const Predecessor& start,
                         const LoopConfig& loop, const LatentSource& latents)
    : teacher_(open_predecessor(config.teacher, latents)),
      sampler_(sampler_for(config, teacher_.card)),
      schedule_(NoiseSchedule(*teacher_.card.schedule).on(loop.placement.device)),
      empty_text_(latents.empty_text.to(loop.placement.device, at::kFloat)),
      unet_(teacher_.teaching_unet(loop.placement, loop.dtype)) {
  check_same_diffusion(teacher_, start);
  if (config.teacher_steps > schedule_.steps())
    throw ConfigError(place + "teacher_steps is " + std::to_string(config.teacher_steps) + "; allowed: at most the " +
                      std::to_string(schedule_.steps()) + " timesteps of " + config.teacher);
  check_begins_at_noise(teacher_, sampler_);
  check_begins_at_noise(start, sampler_of(start.card));
  check_follows_from_noise(teacher_, sampler_);
  check({schedule_, teacher_.card.prediction}, sampler_);
}

Parts RealTeacher::said(const Tensor& x, const UNetInputs& inputs) const {
  const Tensor output = guided(*unet_, {x, inputs, empty_text_}, sampler_.guidance);
  return parts(teacher_.card.prediction, output, x, {schedule_.a(inputs.t_N), schedule_.s(inputs.t_N)});
}

Tensor RealTeacher::drawn(const Tensor& noise, const Tensor& text) const {
  const torch::NoGradGuard no_grad;
  Tensor x = noise;
  const auto solver = make_solver(sampler_, schedule_, /*fresh=*/{}, sampler_.steps);
  for (const SamplerStep& step : steps_of(sampler_, schedule_.steps())) {
    const Tensor t = at::full({x.size(0)}, step.t, at::device(x.device()).dtype(at::kLong));
    x = solver->step(step, x, said(x, {t, text}));
  }
  return x;
}

Tensor RealTeacher::estimated(const Tensor& x, const UNetInputs& inputs) const {
  const torch::NoGradGuard no_grad;
  return said(x, inputs).x0;
}

std::unique_ptr<RealTeacher> real_teacher(const RealConfig& config, const std::string& place, const Predecessor& start,
                                          const LoopConfig& loop, const LatentSource& latents) {
  if (config.of_teacher()) {
    if (config.teacher.empty())
      throw ConfigError(place + "teacher is empty; allowed, as " + place + "real is \"teacher\": a model folder");
    return std::make_unique<RealTeacher>(config, place, start, loop, latents);
  }
  if (config != RealConfig{})
    throw ConfigError(place + "real is \"data\", which has no teacher; allowed with " + place +
                      "teacher, guidance or teacher_steps: \"teacher\"");
  return nullptr;
}

}  // namespace mds
