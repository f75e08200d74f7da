// What a discriminator takes for real: latents of the data, or what a guided teacher draws, of which there is no end.
#pragma once

#include "pipeline/sampler.h"
#include "trainer/loop.h"
#include "trainer/predecessor.h"

namespace mds {

enum class RealKind : uint8_t { data, teacher };
template <>
struct EnumNames<RealKind> {
  static constexpr std::array names{"data", "teacher"};
};

struct RealConfig {
  RealKind real = RealKind::data;
  std::string teacher{};
  double guidance = 1;
  int64_t teacher_steps = 8;
  bool operator==(const RealConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("real", self.real,
          "what the discriminator takes for real, and x0 is regressed on: data, or what a teacher draws of the same "
          "noise and caption",
          later());
    field("teacher", self.teacher, "model folder of this teacher, best one of few steps", later());
    field("guidance", self.guidance, "guidance of this teacher; 1: none, as where it has absorbed one",
          later(between(1, 1000)));
    field("teacher_steps", self.teacher_steps, "steps in which this teacher draws, by the sampler of its model folder",
          later(between(1, 1000)));
  }
  bool of_teacher() const { return real == RealKind::teacher; }
  // Passes of an example through the teacher's UNet: of one call, and of a whole drawing.
  double passes_a_call() const { return guidance == 1 ? 1 : 2; }
  double passes_a_sample() const { return double(teacher_steps) * passes_a_call(); }
};

// A frozen teacher that draws without gradients, and without reading values back to the CPU.
class RealTeacher {
 public:
  // `place` begins the names of the configuration's fields in messages. ConfigError where the teacher's diffusion is
  // not the start's, where either does not begin at the last timestep, as the generator does, or where the teacher's
  // sampler adds noise, so that what it draws does not follow from its first noise.
  RealTeacher(const RealConfig& config, const std::string& place, const Predecessor& start, const LoopConfig& loop,
              const LatentSource& latents);

  Tensor drawn(const Tensor& noise_NCHW, const Tensor& text_NSC) const;    // x0 from noise at the last timestep
  Tensor estimated(const Tensor& x_NCHW, const UNetInputs& inputs) const;  // x0 of noised latents, in one call
  const std::string& folder() const { return teacher_.folder; }

 private:
  Parts said(const Tensor& x_NCHW, const UNetInputs& inputs) const;

  Predecessor teacher_;
  SamplerConfig sampler_;
  NoiseSchedule schedule_;
  Tensor empty_text_;
  NetworkPtr unet_;
};

// Null where the real latents are the data's. ConfigError where `config` has a field that its kind does not read, or
// lacks one.
std::unique_ptr<RealTeacher> real_teacher(const RealConfig& config, const std::string& place, const Predecessor& start,
                                          const LoopConfig& loop, const LatentSource& latents);

}  // namespace mds
