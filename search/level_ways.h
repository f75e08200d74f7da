// The ways to make one level of a network whose shared choices are made, and what the level costs between neighbours of
// given widths. A level's cost depends on nothing else of the other levels.
#pragma once

#include <set>

#include "search/cost_memo.h"
#include "search/cost_sums.h"
#include "search/factors.h"

namespace mds {

class LevelWays {
 public:
  // std::length_error where there are more than 2^20 ways.
  LevelWays(const Space& space, const Factors& factors, const Space::Partway& frame, size_t level);

  size_t size() const { return width_.size(); }
  const std::vector<int64_t>& widths() const { return widths_; }  // those that occur, rising
  bool is_double(size_t way) const { return double_[way]; }       // it makes the same level as an earlier way
  bool exists(size_t choice) const;  // whether a way has an option of this choice of the space
  void apply(size_t way, Space::Partway& to) const;

  // False where some field of the level never has the same value in both lists' canonical forms.
  bool may_equal(const LevelWays& other) const;

  // The level's costs for each of widths(), where its neighbours are as wide as these; 0 where there is none. The
  // outermost level's cost includes the steps before and after the levels, the innermost one's the middle.
  struct Neighbours {
    int64_t outer = 0, inner = 0;
  };
  struct Priced {
    std::vector<CostSum> sums{};  // merged; without doubles
    int64_t ways = 0, valid = 0;  // doubles included
    std::string first_invalid{};  // why the first one that is not valid is not
    int64_t unique() const;       // valid ways without doubles
  };
  std::vector<Priced> priced(const Neighbours& neighbours) const;

 private:
  void for_each(const Space::Visit& visit) const;
  UNetSpec probe(const Neighbours& neighbours) const;

  const Space& space_;
  std::vector<size_t> choices_;
  std::vector<Constraint> within_;
  Space::Partway frame_;
  size_t level_;
  std::vector<Point::value_type> options_;  // of all ways, end to end
  std::vector<uint16_t> width_;             // by way: the index of its width
  std::vector<bool> double_;
  std::vector<int64_t> widths_;
  std::vector<std::set<uint64_t>> values_;  // of each field in canonical form; empty where there are many
};

}  // namespace mds
