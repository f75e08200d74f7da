// Screens a whole space under caps, and selects from the admitted networks.
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
  std::string first_invalid{};  // why the first invalid point is invalid
  int64_t front = 0;     // admitted networks than which none has at least as many params for at most as many macs_valid
  bool sampled = false;  // the selection saw the front and a sample, not all admitted networks
  std::vector<Candidate> chosen{};
  Pick pick{};                       // the rule that selected them
  int64_t left_out = 0;              // admitted networks that were not selected
  std::vector<std::string> notes{};  // sentences about choices that exist nowhere or have no effect somewhere
};

// How a screening is run; none of it changes the result.
struct Screening {
  int threads = 0;                                               // 0: all cores
  std::function<void(int64_t points, double share)> progress{};  // now and then: points seen, share of the space
  std::function<void(const std::string& sentence)> warn{};       // about problems that do not change the result
};

// Visits every point, or, where there are more than 50 million, counts them by levels (factored_space.h) and selects
// from the front and a sample. admitted + rejected.total() == total. At most pick.count networks are chosen: first the
// space's included networks, then admitted ones by the rule of the pick. Each has a name (search/naming.h). The result
// is deterministic. ConfigError for an included network over the caps, a space without points, and one whose points are
// all invalid.
Enumeration enumerate(const Space& space, const Caps& caps, const Pick& pick, const Screening& screening = {});

// Sentences for users, empty where there is nothing to say: how many admitted networks were left out and by which rule;
// how many points were rejected and why, with the caps.
std::string left_out_in_words(const Enumeration& found);
std::string rejected_in_words(const Enumeration& found, const Caps& caps);

}  // namespace mds
