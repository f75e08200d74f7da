#include "experiments/enumeration_text.h"

#include "search/naming.h"

namespace mds {
namespace {

Json to_json(const Rejections& r) {
  return {{"params", r.params}, {"macs", r.macs}, {"both", r.both}, {"invalid", r.invalid}, {"duplicate", r.duplicate}};
}

Json enumeration_json(const Listing& listing) {
  const Enumeration& found = listing.found;
  Json candidates = Json::array();
  for (const auto& candidate : found.chosen)
    candidates.push_back({{"name", candidate.name},
                          {"hash", hash_of(candidate.network)},
                          {"params", candidate.cost.params},
                          {"macs_valid", candidate.cost.macs_valid},
                          {"choices", candidate.choices}});
  return {
      {"space", listing.name},
      {"total", found.total},
      {"admitted", found.admitted},
      {"rejected", to_json(found.rejected)},
      {"front", found.front},
      {"selection", {{"rule", name_of(found.pick.selection)}, {"count", found.pick.count}, {"seed", found.pick.seed}}},
      {"left_out", found.left_out},
      {"seconds", listing.seconds},
      {"candidates", candidates}};
}

std::vector<std::string> footnotes_of(const Listing& listing) {
  const Enumeration& found = listing.found;
  const std::string seconds = std::to_string(listing.seconds).substr(0, 5);
  std::vector<std::string> notes;
  if (!found.first_invalid.empty()) notes.push_back("first invalid: " + found.first_invalid);
  notes.push_back(rejected_in_words(found, listing.caps));
  notes.push_back(left_out_in_words(found));
  notes.push_back(std::to_string(found.front) +
                  " admitted networks are the front: no other has as many parameters for as few MACs; --select front "
                  "lists them");
  notes.insert(notes.end(), found.notes.begin(), found.notes.end());
  notes.push_back(listing.file.empty() ? std::to_string(found.total) + " points in " + seconds + " s"
                                       : "read from " + listing.file);
  std::erase(notes, "");
  return notes;
}

// One row per candidate, with a column for each choice that differs in the list.
Table enumeration_table(const Listing& listing) {
  const Enumeration& found = listing.found;
  Table table{.title = listing.name + ": " + std::to_string(found.admitted) + " of " + std::to_string(found.total) +
                       " networks admitted",
              .columns = {{.name = "name", .weight = Weight::identity},
                          {.name = "hash", .weight = Weight::minor},
                          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 2},
                          {.name = "macs_valid", .header = "valid GMACs", .scale = 1e-9, .digits = 2}},
              .footnotes = footnotes_of(listing)};
  const auto varying = varying_choices(listing.space, found.chosen);
  for (const auto& choice : varying) table.columns.push_back({.name = choice});
  for (const auto& candidate : found.chosen) {
    table.rows.push_back(
        {candidate.name, hash_of(candidate.network).substr(0, 12), candidate.cost.params, candidate.cost.macs_valid});
    for (const auto& choice : varying) table.rows.back().push_back(shown_choice(listing.space, candidate, choice));
  }
  return table;
}

}  // namespace

std::string enumeration_text(const Listing& listing, Format format, const View& view) {
  return format == Format::json ? enumeration_json(listing).dump(2) + "\n"
                                : to_text(enumeration_table(listing), format, view);
}

}  // namespace mds
