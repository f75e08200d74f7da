#include "search/winner_config.h"

#include <algorithm>
#include <numeric>

#include "search/dominance.h"
#include "search/objective.h"

namespace mds {
void check_winner(const WinnerConfig& config, const Place& place) {
  bool score = config.objectives.empty();
  for (size_t i = 0; i < config.objectives.size(); ++i) {
    const std::string& name = config.objectives[i];
    score = score || trained_objective(name);
    if (name != latency_objective && !trained_objective(name) && !analytic_objective(name))
      place.child("objectives")
          .child(i)
          .fail("is \"" + name + "\"; allowed: params, macs, macs_valid, " + latency_objective +
                ", and scores: " + known_score_beginnings());
  }
  if (!score) place.child("objectives").fail("has no score, so that training would not matter; add one");
  for (size_t i = 0; i < config.classes.size(); ++i) {
    const Place here = place.child("classes").child(i).child("name");
    const std::string& name = config.classes[i].name;
    if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
      here.fail("is \"" + name + "\"; allowed: lower-case letters, digits and -");
    for (size_t j = 0; j < i; ++j)
      if (config.classes[j].name == name) here.fail("is \"" + name + "\" a second time");
  }
}

std::vector<size_t> order_of_merit(const std::vector<Objectives>& objectives) {
  const auto fronts = fronts_of(objectives);
  std::vector<Objectives> front;
  for (size_t i = 0; i < objectives.size(); ++i)
    if (fronts[i] == 0) front.push_back(objectives[i]);
  const auto among = mean_ranks(front);
  auto rank = among.begin();
  std::vector<double> ranks;  // of those in the front, among themselves
  for (const int64_t own : fronts) ranks.push_back(own == 0 ? *rank++ : 0);
  const auto merit = [&](size_t i) { return std::tuple(fronts[i] != 0, ranks[i], objectives[i].front()); };
  std::vector<size_t> order(objectives.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::ranges::stable_sort(order, {}, merit);
  return order;
}

}  // namespace mds
