// Screening of a whole space under caps, and a selection of the admitted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "search/candidate.h"
#include "search/screen.h"
#include "search/selection.h"
#include "search/space.h"

namespace mds {

struct Enumeration {
  int64_t total = 0, admitted = 0;
  Rejections rejected{};
  std::string first_invalid{};  // why the first invalid point is none
  std::vector<Candidate> chosen{};
  Pick pick{};                       // the rule they were chosen by
  int64_t left_out = 0;              // admitted, and not among the chosen
  std::vector<std::string> notes{};  // sentences on choices that exist nowhere or have no effect somewhere
};

// How a screening is run, none of which changes its result.
struct Screening {
  int threads = 0;                                               // 0: all cores
  std::function<void(int64_t points, double share)> progress{};  // every so often: points seen, share of the space
  std::function<void(const std::string& sentence)> warn{};       // what is wrong and does not matter
};

// Visits every point; admitted + rejected.total() == total. The chosen, at most pick.count, begin with the space's
// included networks; the rule of the pick selects the others from the admitted. Each has a name (search/naming.h).
// Deterministic. An included network over the caps is a ConfigError, and so are a space without points and one whose
// points are all invalid.
Enumeration enumerate(const Space& space, const Caps& caps, const Pick& pick, const Screening& screening = {});

// Sentences for people, empty where there is nothing to say: which admitted networks are left out and by which rule;
// how many points were rejected and why, naming the caps.
std::string left_out_in_words(const Enumeration& found);
std::string rejected_in_words(const Enumeration& found, const Caps& caps);

}  // namespace mds
