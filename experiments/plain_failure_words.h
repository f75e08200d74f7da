// Errors in plain words, also those of libraries, whose own texts name neither place nor remedy. Errors of LibTorch are
// in experiments/failure_words.h.
#pragma once

#include <exception>
#include <string>

namespace mds {

// What went wrong. `place` is what ran, such as "mdsearch report".
std::string plain_failure_in_words(const std::exception& error, const std::string& place);

// Want of memory while `place` ran; `needed` is what an allocation asked for, or empty.
std::string out_of_memory(const std::string& place, const std::string& needed);

}  // namespace mds
