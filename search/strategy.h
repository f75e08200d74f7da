// A search strategy asks for candidates and is told what they reached. Candidate k is a function of the space, the
// settings and the results of the candidates before k - ahead alone, whoever trained them in whatever order, so a
// strategy is restored by asking again and telling what is stored.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "search/candidate.h"
#include "search/cost_memo.h"
#include "search/objective.h"
#include "search/space.h"
#include "search/strategy_config.h"
#include "spec/bootstrap.h"

namespace mds {

struct SearchProblem {
  const Space& space;
  Caps caps{};
  std::vector<Objective> objectives{};  // at least one of them dear
  int64_t rungs = 1;                    // of a learning curve that came to its end
  std::vector<Point> members{};  // where there are any, all that may be asked for: the nearest to what is proposed
};

struct Asked {
  int64_t number = 0;  // counted from 0
  std::string name{};  // of one of the first networks, else empty
  Point point{};       // empty for a network that is no point of the space
  UNetSpec network{};
  Cost cost{};
};

// What is known of a candidate whose training ended: the dear objectives in their order, after each rung that it was
// trained to. An empty curve says that it failed.
struct Told {
  int64_t number = 0;
  std::vector<std::vector<double>> curve{};
};

// A candidate with its result, as strategies learn from it.
struct Observation {
  Point point{};
  Cost cost{};
  std::vector<std::vector<double>> curve{};  // [rung][objective], all objectives, lower is better; empty: it failed

  // Of those that were stopped at different rungs, the one that trained further passed what stopped the other.
  int64_t rungs() const { return int64_t(curve.size()); }
};

class Proposer;

class Strategy {
 public:
  // The networks in `first` are the first candidates. ConfigError for settings out of range, an objective that cannot
  // be, and caps that refuse a network in `first`.
  Strategy(const SearchProblem& problem, const StrategyConfig& config, const std::vector<NamedUNet>& first = {});
  ~Strategy();

  // At most n candidates, of networks that are under the caps and were not asked for before. Fewer where results are
  // awaited, and where the space has no more (see exhausted).
  std::vector<Asked> ask(int64_t n);

  // In any order. ConfigError for a candidate that was not asked for or was told of before, and for a value that is not
  // finite.
  void tell(const Told& told);

  // Whether a call of ask has found that no admitted network is left.
  bool exhausted() const { return exhausted_; }
  int64_t asked() const { return int64_t(asked_.size()); }

 private:
  std::optional<Asked> next();
  bool learn_until(int64_t count);
  std::optional<Asked> proposed(Random& random);
  std::optional<Asked> remaining();
  std::optional<Asked> admitted(const Point& point);
  const Point& nearest_member(const Point& point) const;
  bool within_limits(const UNetSpec& network, const Cost& cost) const;
  Observation observation_of(const Told& told) const;

  SearchProblem problem_;
  StrategyConfig config_;
  struct Member {
    Point point;
    uint64_t print;
  };
  std::vector<Member> members_;  // the problem's that were not asked for yet
  std::vector<Asked> first_;
  std::unique_ptr<Proposer> proposer_;  // null: nothing beyond `first`
  CostMemo memo_;
  Fingerprints prints_;
  std::vector<Asked> asked_;
  std::set<uint64_t> seen_;  // fingerprints of all that were asked for
  std::map<int64_t, Told> told_;
  int64_t learned_ = 0;
  bool exhausted_ = false;

  // What random draws do not find is walked through, part by part.
  std::vector<Point> parts_;
  size_t next_part_ = 0;
  std::vector<Point> rest_;  // admitted points of the last part
};

}  // namespace mds
