// What a score's name tells: whether lower or higher is better, and what the score is computed from. Policies and
// reports read this one table.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "spec/listed.h"

namespace mds {

enum class Better : uint8_t { lower, higher };

enum class Measure : uint8_t {
  distance,      // between two sets of pictures
  log_distance,  // a positive distance that falls by factors: slopes are computed on its natural logarithm
  mean,          // a mean of one value per picture
};

// What the score compares.
enum class Compared : uint8_t {
  sets,        // two sets of pictures
  caption,     // a picture and its caption, by an encoder of both
  layout,      // where the layout wants things and where the picture shows them
  attributes,  // what the caption asks for and what the picture shows
  perception,  // two pictures, as a network sees them
  pixels,      // two pictures, value by value
};

struct ScoreKind {
  std::string_view beginning;  // how the names of such scores begin
  Better better;
  Measure measure;
  Compared compared;
};

inline constexpr std::array score_kinds{
    ScoreKind{"fd_", Better::lower, Measure::log_distance, Compared::sets},
    ScoreKind{"fid", Better::lower, Measure::log_distance, Compared::sets},
    ScoreKind{"kid", Better::lower, Measure::distance, Compared::sets},  // unbiased, so it may be negative
    ScoreKind{"cmmd", Better::lower, Measure::distance, Compared::sets},
    ScoreKind{"lpips", Better::lower, Measure::mean, Compared::perception},
    ScoreKind{"perceptual", Better::lower, Measure::mean, Compared::perception},  // not LPIPS
    ScoreKind{"clip", Better::higher, Measure::mean, Compared::caption},
    ScoreKind{"binding", Better::higher, Measure::mean, Compared::attributes},
    ScoreKind{"counting", Better::higher, Measure::mean, Compared::attributes},
    ScoreKind{"box_", Better::higher, Measure::mean, Compared::layout},
    ScoreKind{"edge", Better::higher, Measure::mean, Compared::pixels},
    ScoreKind{"psnr", Better::higher, Measure::mean, Compared::pixels},
    ScoreKind{"ssim", Better::higher, Measure::mean, Compared::pixels},
    ScoreKind{"precision", Better::higher, Measure::mean, Compared::sets},
    ScoreKind{"recall", Better::higher, Measure::distance,
              Compared::sets},  // a mean over the pictures of the other set
};

// Null where the name is not that of a score, such as "loss".
inline const ScoreKind* score_kind(std::string_view name) {
  const auto* kind = std::find_if(score_kinds.begin(), score_kinds.end(),
                                  [&](const ScoreKind& each) { return name.starts_with(each.beginning); });
  return kind == score_kinds.end() ? nullptr : kind;
}

inline bool compares(std::string_view name, Compared what) {
  const ScoreKind* kind = score_kind(name);
  return kind && kind->compared == what;
}

inline std::string known_score_beginnings() {
  return listed(score_kinds, [](const ScoreKind& kind) { return std::string(kind.beginning) + "..."; });
}

}  // namespace mds
