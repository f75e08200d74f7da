#include "metrics/protocol.h"

#include "spec/bootstrap.h"

namespace mds {

std::string canonical_json(const ScoreProtocol& protocol) { return to_json(protocol).dump(); }
std::string hash_of(const ScoreProtocol& protocol) { return sha256(canonical_json(protocol)); }

uint64_t picture_seed(uint64_t run_seed, uint64_t index) { return Random(Random(run_seed).next() ^ index).next(); }

}  // namespace mds
