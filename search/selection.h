// Which of the admitted networks are listed where a list has room for fewer: a rule, a count and a seed. Memory stays
// within a few thousand entries, or a few times the count, however many are offered.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "search/candidate.h"
#include "search/choice.h"

namespace mds {

// all: every one, and an error where there is no room. grid: evenly spaced in the order of the space. random: drawn
// without replacement. spread: by turns from the front of most parameters for fewest MACs and from everywhere, each
// time the one that differs most from those chosen before.
enum class Selection : uint8_t { all, grid, random, spread };
template <>
struct EnumNames<Selection> {
  static constexpr std::array names{"all", "grid", "random", "spread"};
};

struct Pick {
  Selection selection = Selection::spread;
  int64_t count = 20;  // at most
  uint64_t seed = 0;   // of `random`
};

// What the rule of a selection is, in words: "evenly spaced in the order of the space".
std::string rule_of(const Pick& pick);

struct Offer {
  Cost cost;
  Point point;
};

// Sees each admitted point once, in the order of the space. Where all of them fit, all are selected, in that order.
class Selector {
 public:
  Selector(const Pick& pick, const Caps& caps);
  ~Selector();

  void offer(const Offer& offer);
  void choose(const Offer& offer);  // on the list already, apart from the count: the others are to differ from it

  // ConfigError where `all` was asked for and has no room.
  std::vector<Offer> select();

  class Rule;  // how a selection keeps and picks

 private:
  Pick pick_;
  int64_t offered_ = 0;
  std::vector<Offer> first_;  // as many as fit: everything, where no more are offered
  std::vector<Offer> chosen_;
  std::unique_ptr<Rule> rule_;
};

class Selector::Rule {
 public:
  virtual ~Rule() = default;
  virtual void offer(const Offer& offer, int64_t n) = 0;  // n: how many were offered before
  virtual std::vector<Offer> select(const std::vector<Offer>& chosen, int64_t offered) = 0;  // more than `count` were
};

}  // namespace mds
