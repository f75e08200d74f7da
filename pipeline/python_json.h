// JSON as Python's json module writes it, with NaN, Infinity and -Infinity, which JSON does not have.
#pragma once

#include <string>

#include "spec/describe.h"

namespace mds {

// The same text with those three words as texts ("-Infinity"), where they stand for values.
std::string with_quoted_infinities(std::string_view text);

// The JSON of a file that a Python library wrote, or null where the file does not exist.
Json json_if_there(const std::string& file);

}  // namespace mds
