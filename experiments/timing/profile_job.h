// All that one call of `mdsearch profile` may ask for: a network, several against each other, a model, or blocks alone.
#pragma once

#include "experiments/timing/block_list.h"
#include "experiments/timing/profile.h"

namespace mds {

// One of networks, model and lone is given; the subject of the request follows from it.
struct ProfileJob {
  std::vector<std::string> networks{};
  bool compares = false;  // the networks with each other
  std::string model{};    // folder
  BlockFlags lone{};
  ProfileRequest request{.processes = 0};  // 0: 2 in final mode, 3 to compare, else 1
};

// The job with its subject and number of processes. RequestError where there is not one subject, or something that its
// kind does not have.
ProfileJob checked(ProfileJob job);

// The samples of this process alone; nothing is stored.
RawProfile time_here(const ProfileJob& job, Listener& listener);

// Measures, in fresh processes where there are several, stores, and returns the text.
std::string profile(const ProfileJob& job, Format format, Listener& listener);

}  // namespace mds
