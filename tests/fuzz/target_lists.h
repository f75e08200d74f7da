// The targets by folder of what they read.
#pragma once

#include "tests/fuzz/fuzz.h"

namespace mds::fuzz {

std::vector<Target> text_targets();     // JSON, prompts, vocabularies
std::vector<Target> picture_targets();  // pictures, and data sets of them
std::vector<Target> binary_targets();   // weights, databases

}  // namespace mds::fuzz
