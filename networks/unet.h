// The UNet family of the paper as data: Stable Diffusion's shape, with the choices of section 3.2 as fields of a level.
// One walk lowers a spec to steps; both the estimate of costs in a search and plans use it.
#pragma once

#include <string>
#include <vector>

#include "networks/plan.h"
#include "spec/describe.h"

namespace mds {

enum class ConvKind : uint8_t { full, separable };
template <>
struct EnumNames<ConvKind> {
  static constexpr std::array names{"full", "separable"};
};

// Which skips a level has. all: one per down layer plus the level's entry (Stable Diffusion); added: the same, but the
// inner ones are added; last: only the entry, read by the last up layer; none: no skips.
enum class Skips : uint8_t { all, added, last, none };
template <>
struct EnumNames<Skips> {
  static constexpr std::array names{"all", "added", "last", "none"};
};

struct LevelSpec {
  int64_t width = 320;
  std::vector<int64_t> down{0};
  std::vector<int64_t> up{0, 0};
  ConvKind conv = ConvKind::full;
  TimeUse time = TimeUse::add;
  int64_t kernel = 3;
  int64_t expansion = 4;
  NormKind norm = NormKind::layer;
  Skips skips = Skips::all;
  int64_t transformer_width = 0;
  TransformerOptions stack{};
  int64_t stack_depth = 0;
  bool operator==(const LevelSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("width", self.width, "channels of the level's maps", between(1, 65536));
    field("down", self.down, "transformer blocks of each layer on the way down; 0: no stack in it", between(0, 64));
    field("up", self.up, "transformer blocks of each layer on the way up; 0: no stack in it", between(0, 64));
    field("conv", self.conv, "kind of residual block: with full 3x3 convolutions, or separable");
    field("time", self.time, "how the time embedding enters the residual blocks");
    field("kernel", self.kernel, "separable: rows and columns of the depthwise kernel, odd", between(1, 15));
    field("expansion", self.expansion, "separable: hidden width of a block as a multiple of its width", between(1, 16));
    field("norm", self.norm, "separable: group norm, or layer norm over channels");
    field("skips", self.skips, "skips of the level: all, added (inner ones, by addition), last (its entry) or none");
    field("transformer_width", self.transformer_width, "channels in stacks; 0: the level's width", between(0, 65536));
    TransformerOptions::describe(self.stack, field);
    field("stack_depth", self.stack_depth, "transformer blocks of each stack in a layer; 0: one stack with all of them",
          later(between(0, 64)));
  }
};

inline constexpr int64_t pixels_a_latent = 8;  // a latent element stands for 8 x 8 pixels

struct UNetSpec {
  static constexpr std::string_view kind = "unet";
  int64_t latent_channels = 8;
  int64_t size = 64;
  int64_t size_width = 0;
  int64_t text_tokens = 77;
  int64_t text_width = 768;
  int64_t time_width = 1280;
  int64_t mid = -1;
  int64_t mid_residuals = 2;
  int64_t pooled_width = 0;
  int64_t time_ids = 0;
  int64_t time_id_width = 256;
  int64_t boxes = 0;
  int64_t box_width = 512;
  std::vector<LevelSpec> levels{LevelSpec{}};
  bool operator==(const UNetSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("latent_channels", self.latent_channels, "channels of the latent that is read and written", between(1, 1024));
    field("size", self.size, "rows of the latent; the picture has 8 times as many", between(1, 4096));
    field("size_width", self.size_width, "columns of the latent; 0: as many as rows", later(between(0, 4096)));
    field("text_tokens", self.text_tokens, "text tokens that cross-attention sees", between(1, 4096));
    field("text_width", self.text_width, "channels of a text token", between(1, 65536));
    field("time_width", self.time_width, "width of the time embedding", between(1, 65536));
    field("mid", self.mid, "transformer blocks of the middle; -1: no middle", between(-1, 64));
    field("mid_residuals", self.mid_residuals, "residual blocks of the middle; its transformer stack follows the first",
          later(between(1, 16)));
    field("pooled_width", self.pooled_width, "width of the pooled text that joins the time embedding; 0: none",
          later(between(0, 65536)));
    field("time_ids", self.time_ids, "how many numbers join the time embedding, such as SD-XL's six sizes; 0: none",
          later(between(0, 64)));
    field("time_id_width", self.time_id_width, "width of the sinusoid of each of time_ids", later(between(1, 65536)));
    field("boxes", self.boxes, "slots for boxes of a layout, which levels with grounding read; 0: none",
          later(between(0, 1024)));
    field("box_width", self.box_width, "hidden width of the network that embeds boxes", later(between(1, 65536)));
    field("levels", self.levels, "levels of the U, from the outermost, of highest resolution, inwards");
  }
};

// Hands every step of the network to the sink, without allocating. ConfigError where the layers and skips of the levels
// do not fit each other.
void walk(const UNetSpec& spec, StepSink& sink);

Plan make_plan(const UNetSpec& spec);

// The same network in a unique form: fields that have no effect take their defaults.
UNetSpec canonical(UNetSpec spec);
LevelSpec canonical(LevelSpec level, int64_t mid);  // mid: depth of the middle if the level is the innermost, else -1
bool reads_text(const LevelSpec& level, int64_t mid);
bool reads_layout(const UNetSpec& spec);

// The same topology with all widths but the latent's divided by `divisor`; ConfigError where one is not a multiple.
UNetSpec scaled(UNetSpec spec, int64_t divisor);

}  // namespace mds
