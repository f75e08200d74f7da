// Screening of a whole space under caps, and a spread of the admitted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "search/space.h"

namespace mds {

// What a network may cost at most; the paper's by default.
struct Caps {
  int64_t params = 400'000'000;
  int64_t macs_valid = 200'000'000'000;
  double gmacs() const { return double(macs_valid) / 1e9; }
};

// Caps as people write them, with macs_valid in 1e9. UsageError, naming the flags that set them, outside the ranges.
inline constexpr Range max_params_range = at_least(1), max_gmacs_range = between(0.001, 9e9);
Caps caps_of(int64_t max_params, double max_gmacs);

struct Candidate {
  UNetSpec network;
  Cost cost;
  Json choices = Json::object();
  std::string name;  // of an included network, else empty
};

struct Rejections {
  int64_t params = 0, macs = 0, both = 0, invalid = 0, duplicate = 0;
  int64_t total() const { return params + macs + both + invalid + duplicate; }
};

struct Enumeration {
  int64_t total = 0, admitted = 0;
  Rejections rejected;
  std::string first_invalid;  // why the first invalid point is none
  std::vector<Candidate> top;
};

// Visits every point; admitted + rejected.total() == total. The `top` candidates begin with the space's included
// networks, then alternate between the front of most parameters for fewest MACs and the rest of the cost plane, each
// time the one that differs most from those chosen. Deterministic. An included network over the caps is a ConfigError,
// and so is a space whose points are all invalid.
Enumeration enumerate(Space& space, const Caps& caps, int64_t top);

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
