// The candidates of a stored sweep, in the order in which they were queued, and what they reached.
#pragma once

#include <string>
#include <vector>

#include "search/candidate.h"
#include "search/store/store.h"

namespace mds {

using CandidateRuns = std::vector<RunRow>;  // of one candidate, one for each seed
bool ended(const CandidateRuns& runs);      // all of them, whether done, stopped or failed
std::vector<CandidateRuns> runs_by_candidate(const Database& database, const std::string& sweep);

struct StoredCandidate {
  Candidate candidate;
  CandidateRuns runs{};
};
std::vector<StoredCandidate> stored_candidates(const Database& database, const std::string& sweep);

struct Wanted {
  std::vector<int64_t> rungs{};  // iterations
  std::vector<std::string> scores{};
};
// [rung][score]: means over the runs that did not fail, up to the last rung after which all of these have every score,
// as a finite number. Empty where all failed.
std::vector<std::vector<double>> result_of(const Database& database, const CandidateRuns& runs, const Wanted& wanted);

}  // namespace mds
