// A network's file that is a patch of another network.
#pragma once

#include <string>

#include "networks/network_spec.h"
#include "spec/describe.h"

namespace mds {

constexpr size_t most_patch_operations = 1000;
constexpr size_t most_network_bytes = size_t(1) << 20;  // of JSON, after each operation

struct PatchedNetwork {
  std::string base;
  Json patch = Json::array();
  static void describe(auto& self, auto&& field) {
    field("base", self.base, "network that is changed: a shipped name, or a file beside this one");
    field("patch", self.patch, "changes of base: operations of RFC 6902, such as {\"op\", \"path\", \"value\"}");
  }
};

// The base with all its defaults written out, so that an operation may name any field, and all operations applied in
// order. A ConfigError names the operation that does not fit.
Json patched(const NetworkSpec& base, const PatchedNetwork& patched, const Place& place);

}  // namespace mds
