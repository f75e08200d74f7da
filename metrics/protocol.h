// Everything a score depends on besides the pictures: two scores may be compared only where their protocols are equal.
#pragma once

#include <cstdint>
#include <string>

#include "metrics/score.h"

namespace mds {

struct ScoreProtocol {
  std::string data_hash{}, prompts_hash{}, reference_hash{};
  int64_t n = 0;
  int64_t resolution = 0;
  std::string resizer{}, extractor{}, weights_hash{};
  std::string dtype = "fp32";
  std::string sampler{};
  int64_t steps = 0;
  double guidance = 0;
  std::string seed_rule{};
  IntervalKind interval = IntervalKind::bootstrap;
  int64_t replicates = 0;
  uint64_t bootstrap_seed = 0;
  int64_t subset = 0;
  int64_t repeats = 1;
  int64_t clusters = 0;
  Resampling resampling = Resampling::counted;
  std::string choices{};
  std::string drawn_size{};
  bool operator==(const ScoreProtocol&) const = default;

  static void describe(auto& self, auto&& field) {
    field("data_hash", self.data_hash, "of the reference pictures or captioned pictures; empty: none");
    field("prompts_hash", self.prompts_hash, "of the list of captions; empty: none");
    field("reference_hash", self.reference_hash, "of the reference statistics or features, bytes and all; empty: none");
    field("n", self.n, "pictures or pairs measured");
    field("resolution", self.resolution, "pixels a side that pictures are brought to first; 0: their own size");
    field("resizer", self.resizer, "from there to the extractor's size; empty: none");
    field("extractor", self.extractor, "feature network; empty: pixels");
    field("weights_hash", self.weights_hash, "of the extractor");
    field("dtype", self.dtype, "of the generating model's UNet and decoder, or of the extractor");
    field("sampler", self.sampler, "canonical JSON of the whole sampler; empty: pictures from elsewhere");
    field("steps", self.steps, "of the sampler; 0: pictures from elsewhere");
    field("guidance", self.guidance, "of the sampler");
    field("seed_rule", self.seed_rule, "how each picture's noise is seeded");
    field("interval", self.interval, "what low and high were found from");
    field("replicates", self.replicates, "resamples that the interval was found from, or seeds");
    field("bootstrap_seed", self.bootstrap_seed, "of the interval's draws, and of subsets", later());
    field("subset", self.subset, "pictures in a subset, or in the smallest; 0: the measure takes all", later());
    field("repeats", self.repeats, "pictures of each caption, all in one set", later());
    field("clusters", self.clusters, "captions that the interval resampled, each with all its pictures; 0: pictures",
          later());
    field("resampling", self.resampling, "what the interval drew anew", later());
    field("choices", self.choices, "what a picture's caption is told from", later());
    field("drawn_size", self.drawn_size, "width and height of drawn pictures; empty: the model's own", later());
  }
};

// Sorted keys, every field written out; and its SHA-256, the hash under which the store keeps it.
std::string canonical_json(const ScoreProtocol& protocol);
std::string hash_of(const ScoreProtocol& protocol);

// The noise seed of picture `index`, whatever else is drawn. Where captions are drawn several times, the whole list
// repeats: picture r * captions + i is the r-th picture of caption i.
uint64_t picture_seed(uint64_t run_seed, uint64_t index);
inline constexpr const char* picture_seed_rule = "SplitMix64(SplitMix64(run seed) xor caption index)";
inline constexpr const char* repeated_seed_rule =
    "SplitMix64(SplitMix64(run seed) xor (repeat * captions + caption index))";

}  // namespace mds
