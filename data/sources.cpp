#include "data/sources.h"

#include <algorithm>
#include <array>
#include <set>

#include "data/emoji_outlines.h"
#include "data/emoji_pairs.h"
#include "data/endless_sky.h"
#include "data/fashion_mnist.h"
#include "data/gcompris.h"
#include "data/openclipart.h"
#include "data/pysiogame.h"
#include "data/sweethome.h"
#include "data/tuxpaint.h"
#include "spec/listed.h"

namespace mds {
namespace {

constexpr std::array<Source, 12> all_sources = {{
    {"emoji", "Noto emoji with CLDR captions, without skin tones and flags; 200 held out", "OFL-1.1", false,
     [] { return collect_emoji(); }},
    {"emoji-tones", "emoji of people and hands in five skin tones; one tone of each kind held out", "OFL-1.1", false,
     [] { return collect_emoji_tones(); }},
    {"emoji-pairs", "two Noto emoji on white, with the box of each; 200 of 4,200 pairs held out", "OFL-1.1", false,
     [] { return collect_emoji_pairs(); }},
    {"emoji-outlines", "30 training pictures of emoji as black outlines on white; none held out", "OFL-1.1", false,
     [] { return collect_emoji_outlines(); }},
    {"noto", "all Noto emoji; the same groups held out as in emoji", "OFL-1.1", true,
     [] { return collect_emoji({.skin_tones = true, .flags = true}); }},
    {"openclipart", "drawings of the OpenClipart collection; none held out", "public domain", true,
     [] { return collect_openclipart(); }},
    {"tuxpaint", "stamps of Tux Paint, drawn and photographed; none held out", "GPL-2", true,
     [] { return collect_tuxpaint(); }},
    {"sweethome", "furniture of Sweet Home 3D; none held out", "CC0, CC-BY-3.0", true,
     [] { return collect_sweethome(); }},
    {"pysiogame", "Art4Apps' drawings of words; none held out", "CC-BY-SA", true, [] { return collect_pysiogame(); }},
    {"endless-sky", "photographs of landscapes; none held out", "CC-BY-SA, CC-BY, public domain", true,
     [] { return collect_endless_sky(); }},
    {"gcompris", "photographs of animals, monuments and tools; none held out", "free, by file", true,
     [] { return collect_gcompris(); }},
    {"fashion-mnist", "70,000 grey pictures of clothes, 28 x 28; the test pictures held out", "MIT", false,
     [] { return collect_fashion_mnist(); }},
}};

const Source& source(const std::string& name) {
  for (const auto& each : all_sources)
    if (each.name == name) return each;
  throw ConfigError("data source \"" + name + "\" is not known; known: " + listed(all_sources, &Source::name));
}

void append(const std::string& name, Collection part, Collection& all) {
  for (auto& candidate : part.candidates) {
    candidate.pair.id = name + "_" + candidate.pair.id;
    candidate.pair.group = name + "_" + candidate.pair.group;
    all.candidates.push_back(std::move(candidate));
  }
  for (auto& [file, reason] : part.skipped.skips)
    all.skipped.skips.push_back({name + "/" + file, name + ": " + reason});
  all.other_names += part.other_names;
}

}  // namespace

std::span<const Source> sources() { return all_sources; }

std::vector<std::string> joined_sources() {
  std::vector<std::string> names;
  for (const auto& each : all_sources)
    if (each.joined) names.emplace_back(each.name);
  return names;
}

Collection collect_source(const std::string& name) {
  const Source& found = source(name);
  Collection collection = found.collect();
  for (auto& candidate : collection.candidates)
    if (candidate.pair.license.empty()) candidate.pair.license = found.license;
  return collection;
}

Collection join_sources(const std::vector<std::string>& names) {
  Collection all;
  std::set<std::string> seen;
  std::vector<Requirement> missing;
  for (const auto& name : names) {
    if (!seen.insert(name).second) throw ConfigError("data source \"" + name + "\" is named twice");
    try {
      append(name, collect_source(name), all);
    } catch (const MissingPackages& error) {
      missing.insert(missing.end(), error.missing.begin(), error.missing.end());
    }
  }
  if (!missing.empty()) throw MissingPackages(missing, "; or join fewer of them with `sources`");
  return all;
}

}  // namespace mds
