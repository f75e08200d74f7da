#include "app/commands.h"

#include <array>

#include "app/run.h"

namespace mds {
namespace {

constexpr std::array list = {
    Command{"spec", "parameters and multiply-accumulates of a network, by block or layer", run_spec},
    Command{"profile", "latency of a network and of its blocks on this machine", run_profile},
    Command{"train", "run one training stage, resumable", run_train},
    Command{"report", "tables and pages from a results database", run_report},
#ifndef MDSEARCH_CORE
    Command{"data", "build a data set, show its pictures", run_data},
#endif
    Command{"db", "check, merge or count a results database", run_db},
};

}  // namespace

std::span<const Command> commands() { return list; }

}  // namespace mds
