#include "app/commands.h"

#include <array>

#include "app/run.h"

namespace mds {
namespace {

constexpr std::array list = {
    Command{"generate", "text to pictures with a model folder", run_generate},
    Command{"train", "run one training stage, resumable", run_train},
};

}  // namespace

std::span<const Command> commands() { return list; }

}  // namespace mds
