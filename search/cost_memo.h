// What makes screening fast: consecutive points of a space have most of their levels and steps in common.
#pragma once

#include <cstdint>
#include <vector>

#include "networks/unet.h"

namespace mds {

// 64 bits of a network's canonical form: equal where hash_of is equal, without making text. Levels that stayed as in
// the network before, under the same middle, cost a comparison.
class Fingerprints {
 public:
  uint64_t of(const UNetSpec& spec);

 private:
  struct Known {
    LevelSpec level;
    int64_t mid;
    bool reads_text;
    uint64_t digest;
  };
  std::vector<Known> known_;
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
