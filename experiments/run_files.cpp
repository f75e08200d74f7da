#include "experiments/run_files.h"

#include <algorithm>
#include <cctype>

#include "spec/printable.h"

namespace mds {

void check_folder_name(const std::string& name, const Place& place) {
  const bool odd = std::any_of(name.begin(), name.end(), [](unsigned char c) { return c == '/' || std::iscntrl(c); });
  if (name.empty() || name == "." || name == ".." || odd || one_line(name) != name || name.size() > most_name_bytes)
    place.fail("is " + shown(Json(name)) + "; allowed: the name of a folder, of at most " +
               std::to_string(most_name_bytes) + " bytes of UTF-8, without \"/\" and control characters");
}

std::string sweep_folder(const std::string& artifacts, const std::string& sweep) { return artifacts + "/" + sweep; }

std::vector<std::string> sweep_results(const std::string& folder) {
  return {folder + "/best", folder + "/samples.png"};
}

std::string identity_of(const RunRow& run) {
  return Json{{"arch", run.arch}, {"protocol", run.protocol}, {"seed", run.seed}}.dump();
}

RunFiles files_of(const std::string& sweep_folder, const RunRow& run) {
  return {sweep_folder + "/run-" + sha256(identity_of(run)).substr(0, 12)};
}

}  // namespace mds
