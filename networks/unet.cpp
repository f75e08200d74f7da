#include "networks/unet.h"

namespace mds {
namespace {

class Walker {
 public:
  Walker(const UNetSpec& spec, StepSink& sink)
      : spec_(spec), sink_(sink), x_(Shape::map(spec.latent_channels, extent_of(spec))) {}

  void walk() {
    const int64_t depth = int64_t(spec_.levels.size());
    if (depth == 0) throw ConfigError("levels is empty; a UNet needs at least one");
    sink_.step({"time"}, TimeEmbedding{spec_.levels[0].width, spec_.time_width}, site(), Link::time);
    added();
    layout();
    emit({"conv_in"}, SingleConvolution{spec_.levels[0].width}, entry_link(0));
    for (int64_t i = 0; i < depth; ++i) down(i);
    middle();
    for (int64_t i = depth - 1; i >= 0; --i) up(i);
    emit({"norm_out"}, OutputNorm{}, Link::none);
    emit({"conv_out"}, SingleConvolution{.out = spec_.latent_channels, .init = Init::zero}, Link::none);
  }

 private:
  static constexpr size_t most_skips = 256;
  static constexpr std::array stack_names{"attn", "attn2", "attn3", "attn4", "attn5", "attn6", "attn7", "attn8"};

  Site site() const {
    return {.in = x_, .text_tokens = spec_.text_tokens, .text_width = spec_.text_width, .time_width = spec_.time_width};
  }

  void emit(const StepName& name, const BlockSpec& block, Link link, int64_t boxes = 0) {
    Site here = site();
    here.boxes = boxes;
    if (link == Link::concat || link == Link::add) {
      const int64_t skip = skips_[--open_];
      if (link == Link::concat) {
        here.skip_channels = skip;
        here.in.channels += skip;
      } else if (skip != x_.channels) {
        throw ConfigError(to_string(name) + ": adds a skip of " + std::to_string(skip) + " channels to " +
                          std::to_string(x_.channels) + "; skips \"added\" needs equal widths");
      }
    }
    x_ = output_shape(block, here);
    sink_.step(name, block, here, link);
    if (link != Link::push) return;
    if (open_ == most_skips) throw ConfigError("more than 256 skips are open at once");
    skips_[open_++] = x_.channels;
  }

  void added() {
    if (spec_.pooled_width + spec_.time_ids == 0) return;
    Site here = site();
    here.pooled_width = spec_.pooled_width;
    here.time_ids = spec_.time_ids;
    sink_.step({"added"}, AddedEmbedding{spec_.time_id_width, spec_.time_width}, here, Link::time);
  }

  void layout() {
    if (spec_.boxes == 0 || !reads_layout(spec_)) return;
    Site here = site();
    here.boxes = spec_.boxes;
    sink_.step({"position"}, PositionNetwork{spec_.box_width}, here, Link::layout);
  }

  Link entry_link(size_t level) const { return spec_.levels[level].skips == Skips::none ? Link::none : Link::push; }

  BlockSpec residual(const LevelSpec& level) const {
    if (level.conv == ConvKind::full) return Resnet{.out = level.width, .time = level.time};
    return Separable{level.width, level.kernel, level.expansion, level.time, level.norm};
  }

  static TransformerStack stack(const LevelSpec& level, int64_t depth) {
    return {.depth = depth, .width = level.transformer_width, .options = level.stack};
  }

  // A residual block and its stacks: `read` links a skip to the first step, `write` keeps the output of the last step.
  void layer(StepName name, const LevelSpec& level, int64_t depth, std::pair<Link, Link> read_write) {
    const auto [read, write] = read_write;
    name.part = "conv";
    if (depth == 0) return emit(name, residual(level), write == Link::push ? write : read);
    emit(name, residual(level), read);
    const int64_t each = level.stack_depth > 0 ? level.stack_depth : depth;
    if (depth % each != 0 || depth / each > int64_t(stack_names.size()))
      throw ConfigError(to_string(name) + ": transformer depth " + std::to_string(depth) +
                        " in stacks of stack_depth " + std::to_string(each) + "; allowed: 1 to " +
                        std::to_string(stack_names.size()) + " stacks of equal depth");
    for (int64_t i = 0; i < depth / each; ++i) {
      name.part = stack_names.at(size_t(i));
      emit(name, stack(level, each), i + 1 == depth / each ? write : Link::none,
           level.stack.grounding ? spec_.boxes : 0);
    }
  }

  void down(size_t i) {
    const LevelSpec& level = spec_.levels[i];
    const bool keep = level.skips == Skips::all || level.skips == Skips::added;
    for (size_t j = 0; j < level.down.size(); ++j)
      layer({"down", int64_t(i) + 1, int64_t(j)}, level, level.down[j], {Link::none, keep ? Link::push : Link::none});
    if (i + 1 < spec_.levels.size())
      emit({"down", int64_t(i) + 1, -1, "downsample"}, Downsample{level.width}, entry_link(i + 1));
  }

  void middle() {
    if (spec_.mid < 0) return;
    const LevelSpec& level = spec_.levels.back();
    for (int64_t j = 0; j < spec_.mid_residuals; ++j)
      layer({"mid", 0, j}, level, j == 0 ? spec_.mid : 0, {Link::none, Link::none});
  }

  void up(size_t i) {
    const LevelSpec& level = spec_.levels[i];
    check_up(i);
    for (size_t j = 0; j < level.up.size(); ++j) {
      const bool last = j + 1 == level.up.size();
      Link read = Link::none;
      if (last && level.skips != Skips::none) read = Link::concat;
      if (!last && level.skips == Skips::all) read = Link::concat;
      if (!last && level.skips == Skips::added) read = Link::add;
      layer({"up", int64_t(i) + 1, int64_t(j)}, level, level.up[j], {read, Link::none});
    }
    if (i > 0) emit({"up", int64_t(i) + 1, -1, "upsample"}, Upsample{level.width}, Link::none);
  }

  void check_up(size_t i) const {
    const LevelSpec& level = spec_.levels[i];
    const bool all = level.skips == Skips::all || level.skips == Skips::added;
    const size_t wanted = all ? level.down.size() + 1 : 1;
    if (all ? level.up.size() == wanted : level.up.size() >= wanted) return;
    throw ConfigError("levels." + std::to_string(i) + ".up has " + std::to_string(level.up.size()) +
                      " layers; skips \"" + std::string(name_of(level.skips)) + "\" over " +
                      std::to_string(level.down.size()) + " down layers needs " + (all ? "exactly " : "at least ") +
                      std::to_string(wanted));
  }

  const UNetSpec& spec_;
  StepSink& sink_;
  Shape x_;
  std::array<int64_t, most_skips> skips_;
  size_t open_ = 0;
};

void divide(int64_t& width, int64_t divisor, const std::string& name) {
  if (width % divisor != 0)
    throw ConfigError(name + " is " + std::to_string(width) + " and does not scale by 1/" + std::to_string(divisor) +
                      "; allowed: multiples of " + std::to_string(divisor));
  width /= divisor;
}

int64_t deepest(const LevelSpec& level, int64_t mid) {
  int64_t most = mid;
  for (const auto* depths : {&level.down, &level.up})
    for (const int64_t depth : *depths) most = std::max(most, depth);
  return most;
}

bool has_stack(const LevelSpec& level, int64_t mid) { return deepest(level, mid) > 0; }

}  // namespace

void walk(const UNetSpec& spec, StepSink& sink) { Walker(spec, sink).walk(); }

Plan make_plan(const UNetSpec& spec) {
  PlanSink sink;
  sink.plan.input = Shape::map(spec.latent_channels, extent_of(spec));
  walk(spec, sink);
  sink.plan.steps.back().output = "sample";
  return std::move(sink.plan);
}

bool reads_layout(const UNetSpec& spec) {
  for (size_t i = 0; i < spec.levels.size(); ++i)
    if (spec.levels[i].stack.grounding && has_stack(spec.levels[i], i + 1 == spec.levels.size() ? spec.mid : -1))
      return true;
  return false;
}

bool reads_text(const LevelSpec& level, int64_t mid) { return level.stack.cross_attention && has_stack(level, mid); }

LevelSpec canonical(LevelSpec level, int64_t mid) {
  const LevelSpec defaults;
  const bool one_skip = level.down.empty() && level.up.size() == 1;  // only the level's entry, read by its one up layer
  if (one_skip && level.skips != Skips::none) level.skips = defaults.skips;
  if (level.conv == ConvKind::full) {
    level.kernel = defaults.kernel;
    level.expansion = defaults.expansion;
    level.norm = defaults.norm;
  }
  if (!has_stack(level, mid)) {
    level.transformer_width = defaults.transformer_width;
    level.stack = defaults.stack;
    level.stack_depth = defaults.stack_depth;
    return level;
  }
  if (level.stack_depth >= deepest(level, mid)) level.stack_depth = 0;
  if (level.transformer_width == level.width) level.transformer_width = 0;
  const int64_t width = level.transformer_width ? level.transformer_width : level.width;
  TransformerOptions& stack = level.stack;
  if (!stack.projections) stack.linear_projections = defaults.stack.linear_projections;
  if (stack.heads == 0 && width % stack.head_width == 0) stack.heads = width / stack.head_width;
  if (stack.heads > 0) stack.head_width = defaults.stack.head_width;
  if (!stack.self_attention && !stack.grounding) stack.share_self_kv = defaults.stack.share_self_kv;
  if (!stack.grounding) {
    stack.grounding_once = defaults.stack.grounding_once;
    stack.grounding_ff = defaults.stack.grounding_ff;
  }
  if (!stack.cross_attention) stack.share_cross_kv = defaults.stack.share_cross_kv;
  if (!stack.attends()) {
    stack.attention = defaults.stack.attention;
    stack.heads = defaults.stack.heads;
    stack.head_width = defaults.stack.head_width;
  }
  return level;
}

UNetSpec canonical(UNetSpec spec) {
  bool text = false;
  for (size_t i = 0; i < spec.levels.size(); ++i) {
    const int64_t mid = i + 1 == spec.levels.size() ? spec.mid : -1;
    spec.levels[i] = canonical(spec.levels[i], mid);
    text |= reads_text(spec.levels[i], mid);
  }
  set_extent(spec, extent_of(spec));
  if (spec.mid < 0) spec.mid_residuals = UNetSpec{}.mid_residuals;
  if (spec.time_ids == 0) spec.time_id_width = UNetSpec{}.time_id_width;
  const bool layout = reads_layout(spec);
  if (!layout) spec.boxes = UNetSpec{}.boxes;
  if (spec.boxes == 0) spec.box_width = UNetSpec{}.box_width;
  if (!text && !layout) {
    spec.text_tokens = UNetSpec{}.text_tokens;
    spec.text_width = UNetSpec{}.text_width;
  }
  return spec;
}

UNetSpec scaled(UNetSpec spec, int64_t divisor) {
  divide(spec.time_width, divisor, "time_width");
  for (size_t i = 0; i < spec.levels.size(); ++i) {
    LevelSpec& level = spec.levels[i];
    const std::string place = "levels." + std::to_string(i) + ".";
    divide(level.width, divisor, place + "width");
    divide(level.transformer_width, divisor, place + "transformer_width");
    if (level.stack.heads == 0) divide(level.stack.head_width, divisor, place + "head_width");
  }
  return spec;
}

}  // namespace mds
