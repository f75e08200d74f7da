#include "experiments/help/file_kinds.h"

#include <array>

#include "experiments/sweep/config.h"
#include "experiments/timing/block_list.h"
#include "networks/network_spec.h"
#include "networks/patched_network.h"
#include "pipeline/model.h"
#include "search/space_spec.h"
#include "spec/wrapped.h"
#include "trainer/config.h"

namespace mds {
namespace {

template <class T>
FieldType fields_of() {
  return type_of(T{});
}

// A network's file holds a network, or a patch of another one, which has no kind.
FieldType fields_of_network() {
  FieldType type = type_of(NetworkSpec{});
  type.names.emplace_back("");
  type.inner.push_back(type_of(PatchedNetwork{}));
  return type;
}

constexpr std::array kinds{
    FileKind{"sweep", "What `mdsearch sweep` and `mdsearch worker` read, such as configs/sweeps/quickstart.json.",
             fields_of<SweepConfig>},
    FileKind{"space",
             "A search space: a network, and the choices that change it, such as "
             "configs/spaces/mobilediffusion.json.",
             fields_of<SpaceSpec>},
    FileKind{"train", "What `mdsearch train` reads, such as configs/train/emoji-md-base.json.", fields_of<TrainConfig>},
    FileKind{"blocks", "What `mdsearch profile --sweep` times, such as configs/profile/blocks.json.",
             fields_of<BlockSweep>},
    FileKind{"spec", "A network, such as configs/architectures/mobilediffusion.json.", fields_of_network},
    FileKind{"model", "model.json of a model folder: the networks whose weights lie beside it, and how it draws.",
             fields_of<ModelCard>},
    FileKind{"sampler", "How a model draws: part of a sweep's and a training's evaluation, and flags of generate.",
             fields_of<SamplerConfig>, false},
    FileKind{"evaluation", "How candidates and trained models are scored: part of a sweep and of a training.",
             fields_of<EvaluationConfig>, false},
    FileKind{"policy", "Which candidates of a sweep train on: part of a sweep.", fields_of<PolicyConfig>, false},
    FileKind{"optimizer", "AdamW and the moving average: part of a sweep and of a training.",
             fields_of<OptimizerConfig>, false},
    FileKind{"loop", "Length, batch and checkpoints: part of a training.", fields_of<LoopConfig>, false},
    FileKind{"schedule", "The noise schedule: part of the stage base, of a sweep's stage and of a model.",
             fields_of<ScheduleConfig>, false},
};

}  // namespace

std::span<const FileKind> file_kinds() { return kinds; }

std::string kinds_text(size_t width) {
  std::string text = "Files and their parts:\n";
  for (const auto& kind : file_kinds())
    text += "  " + std::string(kind.name) + std::string(14 - kind.name.size(), ' ') +
            wrapped(std::string(kind.summary), 16, width - 16) + "\n";
  return text +
         "\nKIND.PATH is a part of a file, such as train.loop or spec.unet.levels. A file may name its schema in a "
         "key\n"
         "\"$schema\", which editors read and mdsearch passes over, and may hold comments.";
}

const FileKind* find_kind(const std::string& name) {
  for (const auto& kind : file_kinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

}  // namespace mds
