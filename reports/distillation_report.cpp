// Every way in which a network's steps were taken away, beside the network that was distilled: what each keeps and what
// it took, and the figures that others published of the same methods.
#include <algorithm>
#include <functional>

#include "reports/distillation.h"
#include "reports/methods.h"
#include "spec/stage_kind.h"

namespace mds {
namespace {

bool takes_steps_away(const std::string& stage) {
  const size_t place = stage_place(stage);
  return place > stage_place("relu") && place < stage_place("autoencoder");
}

// What one network's methods are told apart by: all of the training but its seed, and how the pictures were drawn.
std::string key_of(const Drawing& drawing, const ModelTrainings& trainings) {
  const Json config = trainings.without_seed(drawing.model.hash);
  return Json{config.is_null() ? Json(drawing.model.hash) : config,
              drawing.model.iterations,
              drawing.steps,
              drawing.way,
              drawing.guidance,
              drawing.distance.eval_seed}
      .dump();
}

std::vector<Method> methods_of(const std::vector<Drawing>& drawings, const DistanceGroups& groups,
                               const ModelTrainings& trainings) {
  std::vector<Method> methods;
  std::map<std::string, size_t> places;
  for (const auto& drawing : drawings) {
    const auto [place, is_new] = places.emplace(key_of(drawing, trainings), methods.size());
    if (is_new)
      methods.push_back({.name = method_name(drawing.model.stage, trainings.config(drawing.model.hash)), .seeds = {}});
    methods[place->second].seeds.push_back(with_all_distances(drawing, groups));
  }
  return methods;
}

// One table for each network of which a model with fewer steps was drawn.
void add_tables(std::vector<Table>& tables, const Database& database, const DistanceGroups& groups,
                const ModelTrainings& trainings) {
  std::map<int64_t, std::vector<Drawing>> networks;  // by the number of parameters: the best of each curve
  for (const auto& curve : guidance_curves(groups.at(leading(groups))))
    networks[-curve.front().model.params].push_back(nearest_of(curve));
  for (auto& [params, drawings] : networks) {
    const Drawing teacher = drawings.front();
    std::erase_if(drawings, [](const Drawing& each) { return !takes_steps_away(each.model.stage); });
    if (drawings.empty() || takes_steps_away(teacher.model.stage)) continue;
    std::ranges::stable_sort(drawings, std::greater(), &Drawing::steps);
    std::vector<Method> methods{{.name = "teacher", .seeds = {with_all_distances(teacher, groups)}}};
    for (auto& method : methods_of(drawings, groups, trainings)) methods.push_back(std::move(method));
    tables.push_back(distillation_table(database, trainings, groups, methods));
  }
}

std::vector<Table> distillation_tables(const Database& database, const ReportOptions& options) {
  const ModelTrainings trainings(database);
  std::vector<Table> tables;
  for (const auto& groups : distance_groups(database, options)) add_tables(tables, database, groups, trainings);
  if (!tables.empty()) tables.push_back(published_distillations(database));
  return tables;
}

}  // namespace

constinit const Report distillation_report{
    .name = "distillation",
    .summary = "ways to fewer steps: distance and agreement beside the teacher's, cost, published figures",
    .tables = distillation_tables,
    .lacking =
        "holds no scored pictures of a distilled model beside those of its base; `mdsearch evaluate --model DIR "
        "--prompts FILE` adds them",
    .reads = "network"};

}  // namespace mds
