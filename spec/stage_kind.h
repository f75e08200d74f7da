// The kinds of training, in the order in which a network goes through them. Configurations name them, and reports sort
// models by them. What is added to a network comes last.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace mds {

inline constexpr std::array<std::string_view, 8> stage_kinds{"base",         "relu",        "distil",     "ufogen",
                                                             "score_distil", "autoencoder", "text_image", "tune"};

// The place of a kind in that order; behind all others where it is none of them.
inline size_t stage_place(std::string_view kind) {
  return size_t(std::find(stage_kinds.begin(), stage_kinds.end(), kind) - stage_kinds.begin());
}

}  // namespace mds
