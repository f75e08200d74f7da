// The networks of section 3.2, step by step, and what the paper says of the quality of each.
#pragma once

#include <array>

#include "reports/report.h"

namespace mds {

enum class LadderClaim : uint8_t { none, no_drop, worse, no_gain };
template <>
struct EnumNames<LadderClaim> {
  static constexpr std::array names{"-", "no drop", "worse", "no gain"};
};

// `from` is the network that the step changes.
struct LadderRung {
  const char *name, *network, *from, *change;
  LadderClaim claim;
};

inline constexpr std::array ladder_rungs{
    LadderRung{"0", "sd15", "", "Stable Diffusion's UNet", LadderClaim::none},
    LadderRung{"1", "ladder-1", "sd15", "transformers to the middle", LadderClaim::no_drop},
    LadderRung{"1x", "ladder-1-narrow", "ladder-1", "rejected: more and narrower transformers", LadderClaim::worse},
    LadderRung{"2", "ladder-2", "ladder-1", "self- decoupled from cross-attention", LadderClaim::no_drop},
    LadderRung{"2x", "ladder-2-uvit", "ladder-2", "rejected: UViT-style", LadderClaim::worse},
    LadderRung{"3", "ladder-3", "ladder-2", "keys and values shared", LadderClaim::no_drop},
    LadderRung{"4", "ladder-4", "ladder-3", "gelu to swish", LadderClaim::no_drop},
    LadderRung{"5", "ladder-5", "ladder-4", "softmax to relu", LadderClaim::no_drop},
    LadderRung{"6", "ladder-6", "ladder-5", "feed-forward 8 to 6", LadderClaim::no_drop},
    LadderRung{"7", "ladder-7", "ladder-6", "separable convolutions", LadderClaim::no_drop},
    LadderRung{"7x", "ladder-7-kernel-7", "ladder-7", "rejected: kernel 7", LadderClaim::no_gain},
    LadderRung{"7x", "ladder-7-kernel-9", "ladder-7", "rejected: kernel 9", LadderClaim::no_gain},
    LadderRung{"8", "ladder-8", "ladder-7", "residual blocks pruned", LadderClaim::no_drop},
    LadderRung{"9", "ladder-9", "ladder-8", "candidate search: MobileDiffusion", LadderClaim::none},
};

// The scores of networks of the ladder that were trained alike, beside what the paper says: one table, or none where no
// two of them were.
std::vector<Table> ladder_score_tables(const Database& database, const ReportOptions& options);

}  // namespace mds
