#include "trainer/run_identity.h"

#include <set>

#include "spec/describe.h"
#include "spec/listed.h"

namespace mds {
namespace {

constexpr size_t most_listed = 6, longest_value = 80;

// The member, or null where it is absent: a field at its default may be (spec/describe.h: later()).
const Json* member(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string value_text(const Json* value) {
  if (!value) return "not set";
  const std::string text = value->dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() > longest_value ? text.substr(0, longest_value) + "..." : text;
}

void compare(const Json* its, const Json* own, const std::string& key, std::vector<std::string>& found) {
  if (its && own && *its == *own) return;
  if (!its || !own || !its->is_object() || !own->is_object()) {
    found.push_back(key + " is " + value_text(its) + " there and " + value_text(own) + " here");
    return;
  }
  const auto child = [&](const std::string& name) {
    compare(member(*its, name), member(*own, name), key.empty() ? name : key + "." + name, found);
  };
  const Json *its_kind = member(*its, "kind"), *own_kind = member(*own, "kind");
  if (its_kind && own_kind && *its_kind != *own_kind) return child("kind");  // other kinds have other fields
  std::set<std::string> names;
  for (const Json* side : {its, own})
    for (const auto& [name, value] : side->items()) names.insert(name);
  for (const auto& name : names) child(name);
}

}  // namespace

std::string identity_difference(const std::string& checkpoints, const std::string& own) {
  if (checkpoints == own) return "";
  const Json its = json_or_null(checkpoints), ours = json_or_null(own);
  if (!its.is_object() || !ours.is_object()) return "it follows from something else";
  std::vector<std::string> found;
  const auto compare_hash = [&](const Json* its_hash, const Json* own_hash, const std::string& what) {
    if (its_hash && own_hash && *its_hash != *own_hash)
      found.push_back(what + " changed under the run, its hash is " + value_text(its_hash) + " there and " +
                      value_text(own_hash) + " here");
  };
  compare_hash(member(its, "data"), member(ours, "data"), "the data set");
  if (const Json *before = member(its, "predecessors"), *now = member(ours, "predecessors"); before && now)
    for (const auto& [field, hash] : now->items())
      compare_hash(member(*before, field), &hash, "the model stage." + field);
  const Json *its_config = member(its, "config"), *our_config = member(ours, "config");
  const bool configured = its_config && our_config;
  compare(configured ? its_config : &its, configured ? our_config : &ours, "", found);
  if (found.size() > most_listed) {
    const std::string more = std::to_string(found.size() - most_listed) + " more";
    found.resize(most_listed);
    found.push_back(more);
  }
  return listed(found);
}

}  // namespace mds
