// The options of a choice as a file gives them: values, a range, lists of entries, or objects of path and value.
#pragma once

#include <vector>

#include "search/space_spec.h"

namespace mds {

struct ChoiceOptions {
  std::vector<Json> labels;   // the name of each option in a candidate's choices
  std::vector<Json> patches;  // {path: value, ...} of each option; all have the same paths
};

// ConfigError at `place` for a choice that does not have exactly one form, or has more options than a Point can hold.
ChoiceOptions options_of(const ChoiceSpec& spec, const Place& place);

}  // namespace mds
