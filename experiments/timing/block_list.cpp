#include "experiments/timing/block_list.h"

#include <set>

#include "networks/found_file.h"
#include "networks/lone_block.h"
#include "spec/error.h"

namespace mds {
namespace {

constexpr const char* a_block = R"(a block such as '{"kind": "separable", "kernel": 5}', or a list of blocks)";

// Blocks, each once, up to the most that one profile times.
class BlockList {
 public:
  explicit BlockList(Place place) : place_(std::move(place)) {}

  void add(PlanStep step) {
    if (!known_.insert(canonical_json(step)).second) return;
    steps_.push_back(std::move(step));
  }

  std::vector<PlanStep> take() {
    if (steps_.empty()) place_.fail("names no block; allowed: 1 to " + std::to_string(most_blocks));
    if (steps_.size() > most_blocks)
      place_.fail("makes " + std::to_string(steps_.size()) + " blocks; allowed: at most " +
                  std::to_string(most_blocks));
    return std::move(steps_);
  }

 private:
  Place place_;
  std::set<std::string> known_;
  std::vector<PlanStep> steps_;
};

// A value, or a list of values, each with its place.
void for_each_of(const Json& json, const Place& place, const auto& visit) {
  if (!json.is_array()) return visit(json, place);
  for (size_t i = 0; i < json.size(); ++i) visit(json[i], place.child(i));
}

std::vector<Site> sites_of(const std::vector<std::string>& texts) {
  const Place place{"--site", ""};
  std::vector<Site> sites;
  for (const auto& text : texts) {
    const bool is_json = text.starts_with('{') || text.starts_with('[') || text.starts_with('"');
    for_each_of(is_json ? parse_json(text, place.source) : Json(text), place,
                [&](const Json& json, const Place& at) { sites.push_back(parse_site(json, at)); });
  }
  return sites;
}

void add_block(const Json& json, const Place& place, const std::vector<Site>& sites, BlockList& list) {
  check_type(place, json, json.is_object(), a_block);
  Json block = json;
  block.erase("site");
  if (json.contains("site")) return list.add(lone_step(block, parse_site(json["site"], place.child("site")), place));
  if (sites.empty()) place.fail("has no site; give --site, such as --site 1024x16x16, or the block a key \"site\"");
  for (const auto& site : sites) list.add(lone_step(block, site, place));
}

int64_t extent_from(const Json& json, const Place& place) {
  int64_t extent = 0;
  read_json(json, extent, place, between(1, 65536));
  return extent;
}

// 16, or "8x72".
Extent map_from(const Json& json, const Place& place) {
  if (!json.is_string()) {
    const int64_t side = extent_from(json, place);
    return {side, side};
  }
  const Shape shape = parse_shape(json.get<std::string>(), place);
  if (shape.kind != ShapeKind::tokens) place.fail("is " + json.dump() + "; allowed: a side, or \"ROWSxCOLUMNS\"");
  return {shape.height, shape.channels};
}

// The block at the site, with one thing set to a value.
PlanStep varied(Json block, Site site, const std::pair<std::string, Json>& change, const Place& place) {
  const auto& [field, value] = change;
  if (field == "channels") {
    site.in.channels = extent_from(value, place);
  } else if (field == "map") {
    const auto [height, width] = map_from(value, place);
    site.in.height = height;
    site.in.width = width;
  } else if (field == "block") {
    block = value;
  } else {
    block[field] = value;
  }
  return lone_step(block, site, place);
}

void add_study(const BlockStudy& study, const Place& place, BlockList& list) {
  check_type(place.child("block"), study.block, study.block.is_object(), "an object with a \"kind\"");
  if (study.sites.empty()) place.child("sites").fail("is empty; a block needs a site such as \"1024x16x16\"");
  for (size_t i = 0; i < study.sites.size(); ++i) {
    const Site site = parse_site(study.sites[i], place.child("sites").child(i));
    list.add(lone_step(study.block, site, place.child("block")));
    for (size_t j = 0; j < study.vary.size(); ++j) {
      const auto& [field, values] = study.vary[j];
      const Place at = place.child("vary").child(j).child("values");
      for (size_t k = 0; k < values.size(); ++k) list.add(varied(study.block, site, {field, values[k]}, at.child(k)));
    }
  }
}

}  // namespace

std::vector<PlanStep> blocks_of(const BlockFlags& flags) {
  const Place place{"--block", ""};
  if (!flags.sweep.empty() && (!flags.blocks.empty() || !flags.sites.empty()))
    throw RequestError("--sweep names a file of blocks; leave it out with --block and --site");
  if (flags.sweep.empty() && flags.blocks.empty())
    throw RequestError(std::string("--site is where a block stands; give --block ") + a_block);
  try {
    if (!flags.sweep.empty()) {
      const std::string file = found_file(flags.sweep);
      return blocks_of(load_described<BlockSweep>(file), file);
    }
    const auto sites = sites_of(flags.sites);
    BlockList list(place);
    for (const auto& text : flags.blocks)
      for_each_of(parse_json(text, place.source), place,
                  [&](const Json& json, const Place& at) { add_block(json, at, sites, list); });
    return list.take();
  } catch (const ConfigError& error) {
    throw RequestError(error.what());
  }
}

std::string flag_of(const std::vector<PlanStep>& blocks) {
  Json list = Json::array();
  for (const auto& step : blocks) {
    list.push_back(to_json(step.block));
    list.back()["site"] = to_json(step.site);
  }
  return list.dump();
}

std::vector<PlanStep> blocks_of(const BlockSweep& sweep, const std::string& source) {
  const Place place{source, ""};
  BlockList list(place);
  for (size_t i = 0; i < sweep.studies.size(); ++i) add_study(sweep.studies[i], place.child("studies").child(i), list);
  return list.take();
}

}  // namespace mds
