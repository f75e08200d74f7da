// Finds the name that a misspelt word most likely means, and words the suggestion at the end of an error message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mds {

// The number of letters inserted, left out, replaced or swapped with a neighbour between two words, ignoring case.
size_t edit_distance(std::string_view a, std::string_view b);

// The one of `names` nearest to the word, if at most a third of its letters differ; else the shortest that begins with
// the word; empty where there is neither.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

// "; did you mean width? valid: width, colour": the nearest name, then all names where they are few or none is near.
std::string offer(std::string_view word, const std::vector<std::string>& names, std::string_view label = "valid");

}  // namespace mds
