// Selects which admitted networks are listed where there are too many, by a rule, a count and a seed. It keeps a few
// thousand entries, or a few times the count, however many networks are offered.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "search/candidate.h"
#include "search/choice.h"

namespace mds {

// all: every network, or an error where there are too many. grid: evenly spaced in the order of the space. random:
// without replacement. spread: alternately from the front (most parameters for the fewest MACs) and from all admitted,
// each time the network that differs most from those chosen before. front: those of the front, evenly spaced along it.
enum class Selection : uint8_t { all, grid, random, spread, front };
template <>
struct EnumNames<Selection> {
  static constexpr std::array names{"all", "grid", "random", "spread", "front"};
};

struct Pick {
  Selection selection = Selection::spread;
  int64_t count = 20;  // at most so many
  uint64_t seed = 0;   // for `random`
};

// The rule of a selection in words: "evenly spaced in the order of the space".
std::string rule_of(const Pick& pick);

struct Offer {
  Cost cost;
  Point point;
};

// Sees each admitted point once, in the order of the space. Where there is room for all, it selects all in that order.
class Selector {
 public:
  Selector(const Pick& pick, const Caps& caps);
  ~Selector();

  void offer(const Offer& offer);
  void stand_for(int64_t all) { all_ = all; }  // the offers are a sample of so many networks
  void choose(const Offer& offer);  // already on the list and not counted; the selected ones shall differ from it

  // ConfigError where `all` is asked for and there are too many.
  std::vector<Offer> select();

  class Rule;  // how a selection keeps and picks offers

 private:
  Pick pick_;
  int64_t offered_ = 0, all_ = 0;
  std::vector<Offer> first_;  // the first ones, up to the count; all, where no more are offered
  std::vector<Offer> chosen_;
  std::unique_ptr<Rule> rule_;
};

class Selector::Rule {
 public:
  virtual ~Rule() = default;
  virtual void offer(const Offer& offer, int64_t n) = 0;  // n: how many were offered before this one
  virtual std::vector<Offer> select(const std::vector<Offer>& chosen, int64_t offered) = 0;  // for offered > count
};

}  // namespace mds
