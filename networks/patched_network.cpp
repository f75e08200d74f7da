#include "networks/patched_network.h"

#include <algorithm>

#include "spec/listed.h"

namespace mds {
namespace {

// A spec with all fields, also those at their defaults, so that a patch may replace or test any of them.
template <class T>
Json written_out(const T& value) {
  if constexpr (Described<T>) {
    Json json = Json::object();
    T::describe(value, [&](std::string_view name, const auto& field, std::string_view, Range = {}) {
      json[std::string(name)] = written_out(field);
    });
    return json;
  } else if constexpr (is_list<T>) {
    Json json = Json::array();
    for (const auto& element : value) json.push_back(written_out(element));
    return json;
  } else {
    return to_json(value);
  }
}

Json written_out(const NetworkSpec& network) {
  return std::visit(
      [](const auto& spec) {
        Json json = written_out(spec);
        json["kind"] = std::string(spec.kind);
        return json;
      },
      network);
}

struct PatchOperation {
  std::string op, path, from{};
  Json value{};
  static void describe(auto& self, auto&& field) {
    field("op", self.op, "add, remove, replace, move, copy or test");
    field("path", self.path, "where, as a JSON pointer: /levels/2/width");
    field("from", self.from, "move and copy: where from");
    field("value", self.value, "add, replace and test: the value");
  }
};

// Explains why a network has nothing at a JSON pointer: how much of the pointer exists, and which names follow there.
std::string missing_in(const Json& network, const std::string& pointer) {
  const Json* here = &network;
  std::string reached;
  for (size_t begin = 1; begin <= pointer.size();) {
    const size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string step = pointer.substr(begin, end - begin);
    const bool index = !step.empty() && step.size() < 6 && step.find_first_not_of("0123456789") == std::string::npos;
    const bool leads =
        here->is_object() ? here->contains(step) : here->is_array() && index && std::stoul(step) < here->size();
    if (!leads) break;
    here = here->is_object() ? &(*here)[step] : &(*here)[std::stoul(step)];
    reached += "/" + step;
    begin = end + 1;
  }
  const std::string place = reached.empty() ? "the network" : reached;
  if (here->is_object()) return place + " has " + listed(here->items(), [](const auto& item) { return item.key(); });
  if (here->is_array()) return place + " has " + std::to_string(here->size()) + " elements, counted from 0";
  return place + " is the single value " + shown(*here);
}

void check_operation(const Json& json, const PatchOperation& operation, const Place& place) {
  const std::vector<std::string> known{"add", "remove", "replace", "move", "copy", "test"};
  if (std::find(known.begin(), known.end(), operation.op) == known.end())
    place.child("op").fail("is \"" + operation.op + "\"; allowed: " + listed(known));
  const bool moves = operation.op == "move" || operation.op == "copy";
  for (const char* key : {"path", moves ? "from" : "value"})
    if (operation.op != "remove" || key == std::string_view("path"))
      if (!json.contains(key)) place.fail("lacks \"" + std::string(key) + "\", which " + operation.op + " needs");
  for (const auto& pointer : {operation.path, operation.from})
    if (!pointer.empty() && pointer.front() != '/')
      place.fail("has the path \"" + pointer + "\"; allowed: a JSON pointer such as /levels/2/width");
}

}  // namespace

Json patched(const NetworkSpec& base, const PatchedNetwork& patched, const Place& place) {
  Json network = written_out(base);
  check_type(place, patched.patch, patched.patch.is_array(), "a list of operations");
  if (patched.patch.size() > most_patch_operations)
    place.fail("has " + std::to_string(patched.patch.size()) + " operations; allowed: at most " +
               std::to_string(most_patch_operations));
  for (size_t i = 0; i < patched.patch.size(); ++i) {
    const Json& json = patched.patch[i];
    PatchOperation operation;
    read_json(json, operation, place.child(i));
    check_operation(json, operation, place.child(i));
    try {
      network = network.patch(Json::array({json}));
    } catch (const Json::exception&) {
      const bool moves = operation.op == "move" || operation.op == "copy";
      const std::string pointer = moves ? operation.from + " to " + operation.path : operation.path;
      const std::string why = operation.op == "test" ? "another value is there, or none"
                                                     : missing_in(network, moves ? operation.from : operation.path);
      place.child(i).fail("does not fit " + patched.base + ": " + operation.op + " " + pointer + ": " + why);
    }
    check_json_bounds(network, place.source + ": " + place.child(i).path,
                      most_network_bytes);  // a copy of itself doubles the network
  }
  return network;
}

}  // namespace mds
