#include "experiments/training/agreement.h"

#include "experiments/recording.h"
#include "spec/error.h"
#include "spec/describe.h"
#include "trainer/run_identity.h"

namespace mds {
namespace {

std::string difference(const Json& first, const Json& other, const std::string& process) {
  const auto text = [](const Json& side, const char* key) { return side.at(key).get<std::string>(); };
  if (const auto found = identity_difference(first["build"].dump(), other["build"].dump()); !found.empty())
    return process + " is another build than process 0: with process 0 as \"there\", " + found;
  if (const auto found = identity_difference(text(first, "identity"), text(other, "identity")); !found.empty())
    return process + " would train something else than process 0: with process 0 as \"there\", " + found;
  if (first["iteration"] != other["iteration"])
    return process + " begins at iteration " + other["iteration"].dump() + ", and process 0 at " +
           first["iteration"].dump() + "; `out` must lie on a file system that all hosts share";
  return "";
}

}  // namespace

void check_agreement(const RanksPtr& ranks, const std::string& identity, int64_t iteration) {
  if (!ranks) return;
  const Json own{{"build", build_of(this_env())}, {"identity", identity}, {"iteration", iteration}};
  const auto all = ranks->texts(own.dump());
  for (size_t i = 1; i < all.size(); ++i)
    if (const auto found = difference(Json::parse(all[0]), Json::parse(all[i]), "process " + std::to_string(i));
        !found.empty())
      throw ConfigError(found);
}

}  // namespace mds
