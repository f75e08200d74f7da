// Every data set that is built from installed packages, by name, and the one that joins them.
#pragma once

#include <span>
#include <string_view>

#include "data/collection.h"

namespace mds {

struct Source {
  std::string_view name, summary, licence;
  bool joined;  // part of `debian`
  Collection (*collect)();
};

std::span<const Source> sources();
std::vector<std::string> joined_sources();  // the names of those that are part of `debian`, in their order

// One source by name; ConfigError with the known names.
Collection collect_source(const std::string& name);

// The union: every id and group has its source's name in front, splits stay. Not less than all that was asked for is
// joined: MissingPackages names every package that any of them lacks. ConfigError for an unknown name and a repeated
// one.
Collection join_sources(const std::vector<std::string>& names);

}  // namespace mds
