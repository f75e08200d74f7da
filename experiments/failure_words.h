// Errors in plain words, those of LibTorch too.
#pragma once

#include <exception>
#include <string>

namespace mds {

// What went wrong. `place` is what ran, such as "mdsearch profile".
std::string failure_in_words(const std::exception& error, const std::string& place);

}  // namespace mds
