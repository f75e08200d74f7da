// The scores by which a sweep ranks: pictures are drawn from fixed held-out captions and fixed noise, decoded,
// embedded, and compared with held-out and training pictures (Frechet distance) and with their captions (cosine).
#pragma once

#include <vector>

#include "metrics/clip_score.h"
#include "metrics/frechet.h"
#include "pipeline/drawer.h"
#include "pipeline/encode.h"
#include "profiler/phase_clock.h"
#include "trainer/base.h"

namespace mds {

struct EvaluationConfig {
  int64_t pictures = 64;
  uint64_t seed = 0;
  SamplerConfig sampler{.steps = 10, .guidance = 3};
  std::vector<std::string> scores{};
  std::vector<std::string> weights{};
  bool operator==(const EvaluationConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("pictures", self.pictures, "pictures drawn, each for a held-out caption of its own", between(2, 1 << 20));
    field("seed", self.seed, "seed of the choice of captions and of each picture's noise", at_least(0));
    field("sampler", self.sampler, "how pictures are drawn: steps, guidance, spacing and how a step is taken");
    field("scores", self.scores, "scores beside fd_emoji_clip, fd_emoji_clip_train and clip_emoji, as kid_emoji_clip",
          later());
    field("weights", self.weights, "weights of the scores' feature networks, each as NETWORK=FILE", later());
  }
};

// The results of drawing for one evaluation.
struct Drawn {
  std::vector<std::string> captions{};
  std::vector<uint64_t> seeds{};  // seed of each picture's noise
  Tensor pictures{};              // uint8 N x 3 x H x W
  Tensor features_NE{};           // of the scoring encoder, float32, rows of length 1
  Tensor clip_N{};                // cosine of each picture and its caption, float64
};

class Evaluator {
 public:
  // `latents` must outlive the evaluator. ConfigError as in check_encoders, and for fewer than 2 held-out pairs.
  Evaluator(const LatentSource& latents, const EncoderFolders& encoders, const EvaluationConfig& config,
            const Placement& placement = {});

  // Draws pictures with a UNet trained on these latents; results are on the CPU. Calls `tick` after each sampling step.
  // The clock gets the phases draw, decode and score; on a GPU they are where this process waits for it.
  Drawn draw(const Network& unet, const Diffusion& diffusion, const std::function<void()>& tick = {},
             PhaseClock* clock = nullptr) const;

  // fd_emoji_clip (held-out), fd_emoji_clip_train, clip_emoji, each with a bootstrap interval over the pictures.
  std::vector<Score> scores(const Drawn& drawn) const;

  bool clip_reliable() const { return recall_.reliable(); }  // recall@1 of held-out pairs >= 5x chance
  const Recall& recall() const { return recall_; }

 private:
  const LatentSource& latents_;
  EvaluationConfig config_;
  HeldOutPairs pairs_;
  Tensor rows_;  // of the pairs whose captions are drawn
  std::vector<std::string> captions_;
  NetworkPtr decoder_, image_tower_;
  ImageNormalisation normalisation_;
  int64_t tower_size_;
  FrechetReference held_out_, train_;
  Recall recall_;
};

}  // namespace mds
