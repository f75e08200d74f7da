// What candidates are called and how their choices are shown: "w1024-k7-d3.3" from the choices that differ in a list.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "search/candidate.h"
#include "search/space_spec.h"

namespace mds {

// The choices whose value differs among the candidates that are points of the space, in the order of the space.
std::vector<std::string> varying_choices(const SpaceSpec& space, const std::vector<Candidate>& candidates);

// What a candidate chose, as a table shows it: a label, a number, a name, or a list as text ("3,3"); null where the
// choice does not exist. Options without labels are "o1", "o2".
Json shown_choice(const SpaceSpec& space, const Candidate& candidate, const std::string& choice);

// Names every candidate that has no name: the choices that differ in the list, each as its short name and its value, or
// the few of them that tell the list apart best. Letters, digits, ".", "-", "_" and "+" only. A name that would be
// there twice, or is one of `taken`, gets the first digits of its hash.
void name_candidates(const SpaceSpec& space, std::vector<Candidate>& candidates,
                     const std::set<std::string>& taken = {});

}  // namespace mds
