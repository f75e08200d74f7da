// Distillation of a sampler's steps: the student learns to do several DDIM steps of a teacher in one, usually two
// (arXiv 2202.00512), with the classifier-free guidance of SnapFusion's loss (arXiv 2306.00980), which the paper cites
// for its 8 steps.
#pragma once

#include "pipeline/prediction.h"
#include "trainer/captioned_latents.h"
#include "trainer/latent_feed.h"
#include "trainer/loop.h"
#include "trainer/predecessor.h"
#include "trainer/unet_stage.h"

namespace mds {

// Weight of the squared error of x0 by timestep: snr makes it the squared error of epsilon, snr_plus_one that of v;
// truncated_snr is max(SNR, 1).
enum class DistilWeight : uint8_t { one, snr, truncated_snr, snr_plus_one };
template <>
struct EnumNames<DistilWeight> {
  static constexpr std::array names{"one", "snr", "truncated_snr", "snr_plus_one"};
};

struct DistilGuidance {
  double probability = 0.1;
  double low = 2;
  double high = 14;
  bool absorbed = false;
  bool operator==(const DistilGuidance&) const = default;
  static void describe(auto& self, auto&& field) {
    field("probability", self.probability, "share of iterations with guidance, each with its own w", between(0, 1));
    field("low", self.low, "smallest weight w of the guidance", between(0, 1000));
    field("high", self.high, "largest weight w of the guidance", between(0, 1000));
    field("absorbed", self.absorbed,
          "whether the teacher alone is guided, so that the student learns to draw so without guidance; else both are");
  }
};

// pictures: noised latents of the data. trajectory: what the student's own earlier steps make of pure noise, as when it
// draws, for which no picture is needed.
enum class DistilInputs : uint8_t { pictures, trajectory };
template <>
struct EnumNames<DistilInputs> {
  static constexpr std::array names{"pictures", "trajectory"};
};

struct DistilConfig {
  static constexpr std::string_view kind = "distil";
  std::string teacher = "out/train/emoji-md-relu/model";
  std::string start{};
  LatentData data;
  int64_t steps = 8;
  DistilWeight weight = DistilWeight::truncated_snr;
  DistilGuidance guidance;
  double original = 0.2;
  DistilInputs inputs = DistilInputs::pictures;
  std::string captions{};
  int64_t teacher_steps = 2;
  bool operator==(const DistilConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("teacher", self.teacher, "model folder of the teacher, several of whose steps become one of the student's");
    field("start", self.start, "model folder of the student's first weights; empty: the teacher's");
    LatentData::describe(self.data, field);
    field("steps", self.steps, "sampling steps of the student, with trailing spacing", between(1, 1000));
    field("weight", self.weight, "weight of x0's squared error: one, snr, truncated_snr (max(SNR, 1)) or snr_plus_one");
    field("guidance", self.guidance, "classifier-free guidance in the distillation loss");
    field("original", self.original, "diffusion loss added, scaled to this share of the distillation loss; 0: none",
          between(0, 10));
    field("inputs", self.inputs,
          "what a step of the student starts from: pictures, noised latents of the data; trajectory, what its own "
          "earlier steps make of pure noise",
          later());
    field("captions", self.captions, captions_help, later());
    field("teacher_steps", self.teacher_steps, "steps of the teacher that become one of the student's",
          later(between(2, 1000)));
  }
};

// What one student step replaces: the teacher's steps from each of these timesteps to the next one, and from the last
// to `end`, which is -1 for the clean latent.
struct TeacherSteps {
  std::vector<int64_t> t;
  int64_t end;
  bool operator==(const TeacherSteps&) const = default;
};
// ConfigError, with the fields, where the schedule has fewer timesteps than the teacher takes steps.
std::vector<TeacherSteps> teacher_steps(const DistilConfig& config, int64_t schedule_steps);

// Expresses the teacher's steps as one x0: DDIM is linear in x0 over r = a / s, so that x0 is the mean of theirs, each
// by its step's share of the rise of r. Where the end is clean, r has no end there, and the last step's share is 1.
std::vector<double> shares(const NoiseSchedule& schedule, const TeacherSteps& steps);

// For each example: the timesteps of its teacher's steps, N x M, and their shares.
struct TeacherStepsOf {
  Tensor t_NM, share_NM;
};

// The x0 that the student must predict so that one step of it ends where the teacher's steps end; N x C x H x W.
// `teacher` predicts x0 and eps of latents at given timesteps.
using Teacher = std::function<Parts(const Tensor& x_NCHW, const Tensor& t_N)>;
Tensor stepped_x0(const NoiseSchedule& schedule, const TeacherStepsOf& steps, const Tensor& z_NCHW,
                  const Teacher& teacher);

struct DistilBatch : LatentBatch {
  Tensor guidance{};  // the w of all examples, one number; undefined in an iteration without guidance

  static void for_each(auto& self, auto&& visit) {
    LatentBatch::for_each(self, visit);
    visit("guidance", self.guidance);
  }
};

class DistilStage final : public StageOf<DistilBatch> {
 public:
  DistilStage(const DistilConfig& config, const LoopConfig& loop, const LatentSource& latents);
  TensorMap weights() const override { return trained_weights(*student_); }
  DistilBatch draw(const Turn& turn) override;  // t_N is the index of the student's step
  Tensor loss(const DistilBatch& batch, const Observer& observer) override;
  std::string needs_whole_batch() const override;
  bool asks_others() const override { return true; }
  StageCard card() const override;

  Tensor start_of(const DistilBatch& batch) const;  // latents where the student's steps start, N x C x H x W

 private:
  Tensor guided(const Network& unet, const Tensor& x, const Tensor& t, const DistilBatch& batch,
                const Observer& observer = {}) const;
  bool student_guided(const DistilBatch& batch) const { return batch.guidance.defined() && !config_.guidance.absorbed; }
  Amplitudes at(const Tensor& t_N) const { return {schedule_.a(t_N), schedule_.s(t_N)}; }
  Tensor weight(const Amplitudes& at_t) const;  // of the squared error of v

  DistilConfig config_;
  Predecessor teacher_, start_;
  NoiseSchedule schedule_;
  TeacherStepsOf steps_;  // one row per student step, from noisy to clean
  LatentFeed feed_;
  Tensor empty_text_;
  NetworkPtr teacher_unet_, student_;
  RanksPtr ranks_;
};

StagePtr make_stage(const DistilConfig& config, const StageInputs& inputs);
// All steps of the teacher have the student's guidance; a guided pass counts twice the examples.
std::vector<PlannedNetwork> planned_networks(const DistilConfig& config, const PlanInputs& inputs);

}  // namespace mds
