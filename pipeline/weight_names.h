// The names of our weights in other libraries. A dialect is how one library names one part of a model: a table of steps
// and a table of layers, joined for each weight of a plan. Independent of LibTorch.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "networks/plan.h"
#include "spec/describe.h"

namespace mds {

enum class Layout : uint8_t {
  diffusers,
  compvis,
  transformers,
  open_clip,
  torch_fidelity,
  lpips,
  torchvision,
  efficientnet_lite
};
template <>
struct EnumNames<Layout> {
  static constexpr std::array names{"diffusers",      "compvis", "transformers", "open_clip",
                                    "torch_fidelity", "lpips",   "torchvision",  "efficientnet_lite"};
};

// What a network is used for; the names are those of the card's fields.
enum class PartKind : uint8_t {
  unet,
  vae_encoder,
  vae_decoder,
  text_encoder,
  image_encoder,
  inception,
  perceptual,
  efficientnet,
  adapter,
  controlnet,
  hint
};
template <>
struct EnumNames<PartKind> {
  static constexpr std::array names{"unet",          "vae_encoder", "vae_decoder", "text_encoder",
                                    "image_encoder", "inception",   "perceptual",  "efficientnet",
                                    "adapter",       "controlnet",  "hint"};
};
PartKind kind_of(const Plan& plan);  // determined from its steps

// How the foreign tensor stores our weight. plain: as NAME.weight or NAME.bias; bare: as NAME; bare_transposed: as
// NAME, rows and columns swapped; scalar: as NAME, without sides; query, key, value: a third of the rows of NAME_weight
// or NAME_bias.
enum class Form : uint8_t { plain, bare, bare_transposed, scalar, query, key, value };

// # in `ours` is a number. In `theirs`: $level counts from 0, the outermost, $inner from 0, the innermost; $index
// counts layers from 0, $number from 1; $block counts CompVis's blocks, $slot the modules inside one; {root} is the
// dialect's root; # is the number of the transformer block.
struct NameRule {
  std::string_view ours, theirs;
  Form form = Form::plain;
};

struct Dialect {
  struct Use {
    Layout layout;
    std::vector<std::string_view> prefixes;  // before all names of the part, in a larger file
  };
  PartKind kind;
  std::string_view root;  // "encoder." of an autoencoder's half, "text_model." of a CLIP's
  std::vector<Use> uses;
  std::vector<NameRule> steps;             // "down#.#.conv", or a whole layer: "time.0"
  std::vector<NameRule> layers;            // inside a step: "#.sa.q"
  std::vector<std::string_view> leave_be;  // after the prefix, names beginning so are not weights of the part
  bool keeps_names = false;                // their names are ours, and there are no rules
};

const std::vector<Dialect>& dialects();

struct ForeignWeight {
  std::string ours, theirs;
  Form form;
  std::vector<int64_t> our_shape, their_shape;  // theirs may lack sides of one
};

// One entry for each weight of the plan. ConfigError names a layer for which the dialect has no name.
std::vector<ForeignWeight> foreign_names(const Plan& plan, const Dialect& dialect);

// Our path of each layer to its name in the dialect, for linear layers and convolutions whose weights the dialect
// stores as they are; layers without such a name are left out.
std::map<std::string, std::string> layer_names(const Plan& plan, const Dialect& dialect);

// The layout that a file's names look like, or nothing.
std::string_view layout_that_looks_like(const std::vector<std::string>& names);

}  // namespace mds
