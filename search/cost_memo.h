// Makes screening fast by reuse: consecutive points of a space have most of their levels and steps in common.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "networks/unet.h"

namespace mds {

// The fields of a struct in the order of its description, each hashed to one number.
struct FieldDigests {
  std::array<uint64_t, 32> values{};
  size_t count = 0;
  bool operator==(const FieldDigests&) const = default;
};

// A 64-bit hash of a network's canonical form: equal where hash_of is equal, without making text. A level that is
// unchanged since the network before, with the same middle, costs only a comparison.
class Fingerprints {
 public:
  uint64_t of(const UNetSpec& spec);

  // For the network last given to of(): the fields of a level's canonical form; and bit i is set where its canonical
  // form has another value in field i of the level's description, or of the network's own for level -1.
  const FieldDigests& canonical_fields(size_t level) const { return known_[level].canonic; }
  uint64_t normalised(int64_t level) const { return level < 0 ? own_.normalised : known_[size_t(level)].normalised; }

 private:
  struct Known {
    LevelSpec level{};
    int64_t mid = 0;
    bool reads_text = false;
    FieldDigests canonic{};
    uint64_t digest = 0, normalised = 0;
  };
  struct Own {
    FieldDigests fields{};
    bool reads_text = false;
    uint64_t digest = 0, normalised = 0;
  };
  std::vector<Known> known_;
  Own own_;  // the fields of the network outside its levels
};

// The costs of the steps of networks that resemble the one before: a step with the same block and site at the same
// place costs only a comparison.
class StepCosts {
 public:
  const Cost& cost_of(size_t place, const BlockSpec& block, const Site& site);

 private:
  struct Known {
    BlockSpec block;
    Site site;
    Cost cost;
  };
  std::vector<Known> known_;
};

// The cost of networks that resemble the one before.
class CostMemo final : public StepSink {
 public:
  Cost cost_of(const UNetSpec& spec);
  void step(const StepName& name, const BlockSpec& block, const Site& site, Link link) override;

 private:
  StepCosts known_;
  size_t next_ = 0;
  Cost total_;
};

}  // namespace mds
