#include "experiments/data/build.h"

#include <algorithm>
#include <sstream>

#include "data/sources.h"
#include "spec/error.h"
#include "spec/listed.h"
#include "spec/nearest.h"

namespace mds {
namespace {

constexpr std::string_view joined_name = "debian";

std::vector<std::string> known_names() {
  std::vector<std::string> names{std::string(joined_name)};
  for (const auto& each : sources()) names.emplace_back(each.name);
  return names;
}

bool is_known(const std::string& name) { return std::ranges::count(known_names(), name) > 0; }

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream parts(text);
  for (std::string name; std::getline(parts, name, ',');) names.push_back(name);
  return names;
}

Json skip_counts(const FolderReport& report) {
  Json counts = Json::object();
  for (const auto& [file, reason] : report.skips) counts[reason] = counts.value(reason, 0) + 1;
  return counts;
}

// The licences of a data set; for the joined one, of each part.
std::string licences(const BuildRequest& request) {
  std::string all;
  const auto parts = split_list(request.sources);
  for (const auto& each : sources()) {
    const std::string name(each.name), licence(each.license);
    if (request.name == name) return licence;
    if (std::find(parts.begin(), parts.end(), name) != parts.end())
      all += (all.empty() ? "" : "; ") + name + ": " + licence;
  }
  return all;
}

}  // namespace

std::string default_sources() { return listed(joined_sources(), std::identity(), ","); }

std::string data_sets_text() {
  std::string text = "Data sets:\n";
  const auto add = [&](std::string_view name, const std::string& summary) {
    text += "  " + std::string(name) + std::string(15 - name.size(), ' ') + summary + "\n";
  };
  for (const auto& each : sources()) add(each.name, std::string(each.summary) + " (" + std::string(each.license) + ")");
  add(joined_name, "the union of several of these; their held-out pictures stay held out");
  return text +
         "\nEach comes from a Debian package, which is named if it is not installed. Build from share-alike sources\n"
         "for your own use; mind their licences before you pass the pictures on.";
}

Json build_data(const BuildRequest& request, Listener& listener) {
  if (!is_known(request.name))
    throw RequestError("data set \"" + request.name + "\" is not known" + offer(request.name, known_names(), "known"));
  const std::string folder = request.out.empty() ? "out/data/" + request.name : request.out;
  auto collection =
      request.name == joined_name ? join_sources(split_list(request.sources)) : collect_source(request.name);
  std::unique_ptr<Progress> progress;
  const auto report = write_collection(std::move(collection), folder, [&](int64_t done, int64_t total) {
    if (!progress) progress = listener.progress("pictures", total);
    progress->show(done + 1, "", /*every=*/1000);
  });
  return {{"name", request.name},
          {"folder", folder},
          {"pictures", report.pictures},
          {"held_out", report.held_out},
          {"groups", report.groups},
          {"licence", licences(request)},
          {"skipped", skip_counts(report.skipped)},
          {"hash", dataset_hash(list_pairs(folder))}};
}

}  // namespace mds
