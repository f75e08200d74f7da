// All data sets that are built from installed packages, by name, and `debian`, which joins them.
#pragma once

#include <span>
#include <string_view>

#include "data/collection.h"

namespace mds {

struct Source {
  std::string_view name, summary, license;
  bool joined;  // whether it is a part of `debian`
  Collection (*collect)();
};

std::span<const Source> sources();
std::vector<std::string> joined_sources();  // the parts of `debian`, in order

// One source by name; ConfigError, listing the known names.
Collection collect_source(const std::string& name);

// The union: ids and groups get the name of their source as a prefix, splits stay. It is never joined in part:
// MissingPackages names all packages that any of the sources lacks. ConfigError for an unknown name and a repeated
// one.
Collection join_sources(const std::vector<std::string>& names);

}  // namespace mds
