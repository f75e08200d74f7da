#include "search/space_spec.h"

#include "networks/found_file.h"
#include "search/candidate.h"

namespace mds {
namespace {

void find_from(const std::string& file, std::string& network) {
  if (network.ends_with(".json")) network = found_file(network, file);
}

}  // namespace

std::vector<std::string> bases_of(const SpaceSpec& space) {
  if (!space.bases.empty()) return space.bases;
  if (space.choices.empty() && !space.include.empty()) return space.include;
  return {space.base};
}

std::vector<ChoiceSpec> all_choices(const SpaceSpec& space) {
  std::vector<ChoiceSpec> choices = space.choices;
  const auto bases = bases_of(space);
  if (bases.size() < 2) return choices;
  ChoiceSpec base{.name = "base"};
  for (const auto& name : bases) {
    base.values.emplace_back(name);
    base.labels.push_back(short_name_of(name));
  }
  choices.insert(choices.begin(), base);
  return choices;
}

SpaceSpec load_space(const std::string& file) {
  const std::string found = found_file(file);
  SpaceSpec space = load_described<SpaceSpec>(found);
  find_from(found, space.base);
  for (auto* list : {&space.bases, &space.include})
    for (auto& network : *list) find_from(found, network);
  return space;
}

}  // namespace mds
