// Names candidates and shows their choices: "w1024-k7-d3.3", made from the choices that differ in a list.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "search/candidate.h"
#include "search/space_spec.h"

namespace mds {

// The choices whose value differs among those candidates that are points of the space, in the order of the space.
std::vector<std::string> varying_choices(const SpaceSpec& space, const std::vector<Candidate>& candidates);

// The value of a choice as a table shows it: a label, a number, a name, or a list as text ("3,3"); null where the
// choice does not exist. Options without labels are called "o1", "o2".
Json shown_choice(const SpaceSpec& space, const Candidate& candidate, const std::string& choice);

// Gives every unnamed candidate a name: the short name and value of each choice that differs in the list, or of the few
// choices that distinguish best. Only letters, digits, ".", "-", "_" and "+". A name that would occur twice, or is one
// of `taken`, gets the first digits of the network's hash.
void name_candidates(const SpaceSpec& space, std::vector<Candidate>& candidates,
                     const std::set<std::string>& taken = {});

}  // namespace mds
