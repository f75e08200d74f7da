#include "app/commands.h"

#include <array>

#include "app/run.h"

namespace mds {
namespace {

constexpr std::array list = {
    Command{"spec", "parameters and multiply-accumulates of a network, by block or layer", run_spec},
    Command{"enumerate", "screen a search space under caps", run_enumerate},
    Command{"sweep", "enumerate, short-train with early stopping, profile, store", run_sweep},
    Command{"worker", "one more worker of a sweep", run_worker},
    Command{"train", "run one training stage, resumable", run_train},
    Command{"profile", "latency of a network and of its blocks on this machine", run_profile},
    Command{"convert", "another library's weights into a model folder", run_convert},
#ifndef MDSEARCH_CORE
    Command{"generate", "text to pictures with a model folder", run_generate},
    Command{"evaluate", "scores of pictures, or of a model against captions", run_evaluate},
    Command{"data", "build a data set, show its pictures", run_data},
#endif
    Command{"export", "a network as TorchScript, ONNX or safetensors", run_export},
    Command{"forward", "one pass of a network over tensors of a file", run_forward},
    Command{"report", "tables and pages from a results database", run_report},
    Command{"db", "check, merge or count a results database", run_db},
};

}  // namespace

std::span<const Command> commands() { return list; }

}  // namespace mds
