// Turns a stop-and-promote decision and a protocol, which are stored as JSON, into sentences.
#pragma once

#include <string>

#include "reports/rows.h"

namespace mds {

// "Stopped at rung 1 (250 iterations, 4,000 pictures seen, 12 candidates compared): worse than the median ...". What is
// missing or unreadable in the inputs is left out.
std::string in_words(const DecisionRow& decision, const SweepCandidate& candidate);

// "Each candidate was trained ... It was scored on ...". Empty for a protocol of another form.
std::string protocol_in_words(const std::string& protocol_json);

}  // namespace mds
