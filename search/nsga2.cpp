// NSGA-II (Deb et al., 2002) one candidate at a time: each result joins the population, and the worst one leaves it.
#include <algorithm>

#include "search/dominance.h"
#include "search/moves.h"
#include "search/proposer.h"

namespace mds {
namespace {

class Nsga2 final : public Proposer {
 public:
  explicit Nsga2(const ProposerContext& context) : context_(context) {}

  void learn(const Observation& observation) override {
    if (observation.point.empty()) return;
    population_.push_back({.observation = observation});
    rank();
    if (population_.size() <= size_t(context_.config.population)) return;
    population_.erase(std::ranges::max_element(population_, [](const Member& a, const Member& b) { return a < b; }));
    rank();
  }

  Point propose(Random& random) override {
    if (population_.size() < size_t(context_.config.population)) return random_point(context_.space, random);
    const Point &a = winner(random).observation.point, &b = winner(random).observation.point;
    const Point child = crossed(context_.space, a, b, random);
    const bool copy = child == a || child == b;
    return copy || random.below(2) == 0 ? mutated(context_.space, child, random) : child;
  }

 private:
  struct Member {
    Observation observation{};
    int64_t front = 0;  // those that trained further come before all others
    double crowding = 0;
    bool operator<(const Member& other) const {  // is better than
      return front != other.front ? front < other.front : crowding > other.crowding;
    }
  };

  void rank() {
    int64_t first_front = 0;
    for (int64_t rungs = context_.rungs; rungs >= 0; --rungs) {
      std::vector<Member*> alike;
      std::vector<Objectives> values;
      for (auto& member : population_)
        if (member.observation.rungs() == rungs) {
          alike.push_back(&member);
          values.push_back(rungs > 0 ? member.observation.curve.back() : Objectives{});
        }
      const auto fronts = fronts_of(values);
      for (size_t i = 0; i < alike.size(); ++i) alike[i]->front = first_front + fronts[i];
      if (!fronts.empty()) first_front += *std::ranges::max_element(fronts) + 1;
    }
    for (int64_t front = 0; front < first_front; ++front) crowd(front);
  }

  void crowd(int64_t front) {
    std::vector<Member*> members;
    std::vector<Objectives> values;
    for (auto& member : population_)
      if (member.front == front) {
        members.push_back(&member);
        values.push_back(member.observation.curve.empty() ? Objectives{} : member.observation.curve.back());
      }
    const auto distances = crowding_distances(values);
    for (size_t i = 0; i < members.size(); ++i) members[i]->crowding = distances[i];
  }

  // Of a tournament of two.
  const Member& winner(Random& random) const {
    const auto drawn = [&]() -> const Member& {
      return population_[size_t(random.below(int64_t(population_.size())))];
    };
    const Member &a = drawn(), &b = drawn();
    return b < a ? b : a;
  }

  ProposerContext context_;
  std::vector<Member> population_;
};

}  // namespace

std::unique_ptr<Proposer> make_nsga2(const ProposerContext& context) { return std::make_unique<Nsga2>(context); }

}  // namespace mds
