// What makes screening fast: consecutive points of a space have most of their levels and steps in common.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "networks/unet.h"

namespace mds {

// The fields of a struct in the order of its description, each folded into one number.
struct FieldDigests {
  std::array<uint64_t, 32> values{};
  size_t count = 0;
  bool operator==(const FieldDigests&) const = default;
};

// 64 bits of a network's canonical form: equal where hash_of is equal, without making text. Levels that stayed as in
// the network before, under the same middle, cost a comparison.
class Fingerprints {
 public:
  uint64_t of(const UNetSpec& spec);

  // Of the network that of() saw last: bit i is set where the canonical form has another value in the field at place i
  // of a level's description, or with level -1 of the network's.
  uint64_t normalised(int64_t level) const { return level < 0 ? own_.normalised : known_[size_t(level)].normalised; }

 private:
  struct Known {
    LevelSpec level{};
    int64_t mid = 0;
    bool reads_text = false;
    uint64_t digest = 0, normalised = 0;
  };
  struct Own {
    FieldDigests fields{};
    bool reads_text = false;
    uint64_t digest = 0, normalised = 0;
  };
  std::vector<Known> known_;
  Own own_;  // the network's fields beside its levels
};

// The cost of networks that mostly repeat the last one's steps: a step whose block and site stayed costs a comparison.
class CostMemo final : public StepSink {
 public:
  Cost cost_of(const UNetSpec& spec);
  void step(const StepName& name, const BlockSpec& block, const Site& site, Link link) override;

 private:
  struct Known {
    BlockSpec block;
    Site site;
    Cost cost;
  };
  std::vector<Known> known_;
  size_t next_ = 0;
  Cost total_;
};

}  // namespace mds
