#include "search/enumeration_cache.h"

#include <filesystem>

#include "spec/new_file.h"

namespace mds {
namespace {

constexpr int rules_version = 2;  // of screening, selection and naming; raise it when their results change
constexpr size_t most_kept_bytes = size_t(1) << 30;  // 100,000 candidates, the most of a sweep, take 200 MB

struct KeptCandidate {
  std::string name{};
  UNetSpec network{};
  Json choices = Json::object();
  static void describe(auto& self, auto&& field) {
    field("name", self.name, "of the candidate");
    field("network", self.network, "its spec");
    field("choices", self.choices, "that made it");
  }
};

struct Kept {
  int64_t total = 0, admitted = 0, left_out = 0, front = 0;
  bool sampled = false;
  int64_t params = 0, macs = 0, both = 0, invalid = 0, duplicate = 0;
  std::string first_invalid{};
  std::vector<std::string> notes{};
  std::vector<KeptCandidate> chosen{};
  static void describe(auto& self, auto&& field) {
    field("total", self.total, "points", at_least(1));
    field("admitted", self.admitted, "of them under the caps", at_least(0));
    field("left_out", self.left_out, "admitted and not chosen", at_least(0));
    field("front", self.front, "admitted with the most parameters for the fewest MACs", at_least(0));
    field("sampled", self.sampled, "whether the selection saw a sample");
    field("params", self.params, "rejected for parameters", at_least(0));
    field("macs", self.macs, "rejected for MACs", at_least(0));
    field("both", self.both, "rejected for both", at_least(0));
    field("invalid", self.invalid, "no network", at_least(0));
    field("duplicate", self.duplicate, "equal to another", at_least(0));
    field("first_invalid", self.first_invalid, "why the first is none");
    field("notes", self.notes, "on choices");
    field("chosen", self.chosen, "candidates in order");
  }
};

Kept kept_of(const Enumeration& found) {
  const Rejections& r = found.rejected;
  Kept kept{.total = found.total,
            .admitted = found.admitted,
            .left_out = found.left_out,
            .front = found.front,
            .sampled = found.sampled,
            .params = r.params,
            .macs = r.macs,
            .both = r.both,
            .invalid = r.invalid,
            .duplicate = r.duplicate,
            .first_invalid = found.first_invalid,
            .notes = found.notes,
            .chosen = {}};
  for (const auto& candidate : found.chosen)
    kept.chosen.push_back({candidate.name, candidate.network, candidate.choices});
  return kept;
}

// ConfigError for a file that is not an enumeration: its counts do not add up, or a network in it is invalid.
Enumeration read_kept(const std::string& file, const Pick& pick) {
  const Kept kept = load_described<Kept>(file, most_kept_bytes);
  Enumeration found{.total = kept.total,
                    .admitted = kept.admitted,
                    .rejected = {kept.params, kept.macs, kept.both, kept.invalid, kept.duplicate},
                    .first_invalid = kept.first_invalid,
                    .front = kept.front,
                    .sampled = kept.sampled,
                    .chosen = {},
                    .pick = pick,
                    .left_out = kept.left_out,
                    .notes = kept.notes};
  if (found.admitted + found.rejected.total() != found.total) throw ConfigError(file + ": counts do not add up");
  for (const auto& candidate : kept.chosen)
    found.chosen.push_back({candidate.network, cost(make_plan(candidate.network)), candidate.choices, candidate.name});
  return found;
}

}  // namespace

std::string enumeration_file(const Space& space, const Caps& caps, const Pick& pick, const std::string& folder) {
  Json networks = Json::array();
  for (const auto& base : space.bases()) networks.push_back(hash_of(base));
  for (const auto& name : space.spec().include) networks.push_back(hash_of(load_unet(name)));
  const Json identity = {{"version", rules_version},
                         {"space", to_json(space.spec())},
                         {"networks", networks},
                         {"caps", {caps.params, caps.macs_valid}},
                         {"pick", {name_of(pick.selection), pick.count, pick.seed}}};
  return folder + "/" + sha256(identity.dump()).substr(0, 16) + ".json";
}

CachedEnumeration enumerate_cached(const Space& space, const Caps& caps, const Pick& pick, const Screening& screening,
                                   const std::string& folder) {
  const std::string file = enumeration_file(space, caps, pick, folder);
  const auto warn = [&](const std::string& sentence) {
    if (screening.warn) screening.warn(sentence);
  };
  if (std::filesystem::exists(file)) {
    try {
      return {read_kept(file, pick), file};
    } catch (const std::exception& error) {
      warn(std::string(error.what()) + "; this kept enumeration is made anew");
    }
  }
  CachedEnumeration made{enumerate(space, caps, pick, screening)};
  if (made.found.total < least_cached_points) return made;
  try {
    make_folder(folder);
    save_text(file, to_json(kept_of(made.found)).dump());
  } catch (const FileError& error) {
    warn(std::string(error.what()) + "; the enumeration is not kept and will be made again");
  }
  return made;
}

}  // namespace mds
