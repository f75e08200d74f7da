// What a misspelt name most likely means, and the end of the sentence that says so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mds {

// How many letters are inserted, left out, replaced or swapped with their neighbour between two words; case counts not.
size_t edit_distance(std::string_view a, std::string_view b);

// The one of `names` that is at most a third of the word's letters away, else the shortest that begins with the word;
// empty where there is neither.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

// "; did you mean width? valid: width, colour": the nearest name, and all of them where they are few or none is near.
std::string offer(std::string_view word, const std::vector<std::string>& names, std::string_view label = "valid");

}  // namespace mds
