#include "pipeline/weight_names.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace mds {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A path with # in place of its numbers: those that are whole segments, and those of "down1" and "up1".
struct Pattern {
  std::string text;
  std::vector<int64_t> numbers;
};

Pattern pattern_of(const std::string& path) {
  Pattern pattern;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('.', begin), path.size());
    std::string segment = path.substr(begin, end - begin);
    const size_t letters = segment.starts_with("down") ? 4 : segment.starts_with("up") ? 2 : 0;
    if (const std::string number = segment.substr(letters); is_number(number)) {
      pattern.numbers.push_back(std::stoll(number));
      segment = segment.substr(0, letters) + "#";
    }
    pattern.text += (begin ? "." : "") + segment;
    begin = end + 1;
  }
  return pattern;
}

using Values = std::vector<std::pair<std::string_view, std::string>>;

std::string filled(std::string_view text, const Values& values) {
  std::string result(text);
  for (const auto& [key, value] : values)
    for (size_t at = result.find(key); at != std::string::npos; at = result.find(key, at + value.size()))
      result.replace(at, key.size(), value);
  return result;
}

// Follows a plan's steps and counts the numbers that the rules of a dialect use.
class StepCounter {
 public:
  StepCounter(const Plan& plan, std::string_view root) : root_(root) {
    for (const auto& step : plan.steps)
      if (const Pattern p = pattern_of(step.path); has_level(p)) depth_ = std::max(depth_, p.numbers[0]);
  }

  Values next(const Pattern& step) {
    const std::string side = step.text.substr(0, step.text.find_first_of("#."));
    const bool in_levels = has_level(step);
    if (std::exchange(side_, side) != side) {
      block_ = side == "down" ? 0 : -1;  // CompVis's input block 0 is conv_in
      slot_ = -1;
    }
    const bool opens = in_levels && (step.text.ends_with(".conv") || step.text.ends_with(".downsample"));
    if (opens) ++block_;
    slot_ = opens ? 0 : slot_ + 1;
    const int64_t level = in_levels ? step.numbers[0] : 1;
    const int64_t index = step.numbers.size() > size_t(in_levels) ? step.numbers.back() : 0;
    return {{"$level", std::to_string(level - 1)},
            {"$inner", std::to_string(depth_ - level)},
            {"$index", std::to_string(index)},
            {"$number", std::to_string(index + 1)},
            {"$block", std::to_string(block_)},
            {"$slot", std::to_string(slot_)},
            {"{root}", root_}};
  }

 private:
  static bool has_level(const Pattern& step) { return step.text.starts_with("down#") || step.text.starts_with("up#"); }

  std::string root_, side_;
  int64_t depth_ = 0, block_ = 0, slot_ = -1;
};

const NameRule* find(const std::vector<NameRule>& rules, std::string_view ours) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const NameRule& rule) { return rule.ours == ours; });
  return found == rules.end() ? nullptr : &*found;
}

struct LayerName {
  std::string text;
  Form form;
};

// Nothing where the dialect has no name for it.
std::optional<LayerName> name_of_layer(const PlanStep& step, const Layer& layer, const Dialect& dialect,
                                       const Values& values) {
  const std::string ours = layer_path(step.path, layer.name);
  if (dialect.keeps_names) return LayerName{ours, Form::plain};
  if (const auto* whole = find(dialect.steps, ours)) return LayerName{filled(whole->theirs, values), whole->form};
  const auto* outer = find(dialect.steps, pattern_of(step.path).text);
  if (outer && layer.name.empty()) return LayerName{filled(outer->theirs, values), outer->form};
  const Pattern inner = pattern_of(layer.name);
  const auto* rule = find(dialect.layers, inner.text);
  if (!outer || !rule) return std::nullopt;
  const std::string number = inner.numbers.empty() ? "" : std::to_string(inner.numbers[0]);
  const std::string block = filled(outer->theirs, values), name = filled(rule->theirs, {{"#", number}});
  return LayerName{block.empty() ? name : block + "." + name, rule->form};
}

// Visits each layer of the plan with its path and its name, if it has one.
template <class Visit>
void for_each_layer(const Plan& plan, const Dialect& dialect, Visit&& visit) {
  StepCounter counter(plan, dialect.root);
  for (const auto& step : plan.steps) {
    const Values values = counter.next(pattern_of(step.path));
    for (const auto& layer : layers(step.block, step.site))
      visit(layer_path(step.path, layer.name), layer.op, name_of_layer(step, layer, dialect, values));
  }
}

std::string leaf_of(Form form, const std::string& leaf) {
  switch (form) {
    case Form::plain:
      return "." + leaf;
    case Form::bare:
    case Form::bare_transposed:
    case Form::scalar:
      return "";
    default:
      return "_" + leaf;
  }
}

std::vector<int64_t> shape_in(Form form, std::vector<int64_t> shape) {
  if (form == Form::bare && shape[0] == 1) shape.erase(shape.begin());
  if (form == Form::bare_transposed) std::reverse(shape.begin(), shape.end());
  if (form == Form::scalar) shape.clear();
  if (form >= Form::query) shape[0] *= 3;
  return shape;
}

using Weights = std::vector<std::pair<std::string, std::vector<int64_t>>>;

struct WeightsOf {
  static Weights with_bias(bool bias, std::vector<int64_t> shape) {
    Weights weights{{"weight", shape}};
    if (bias) weights.push_back({"bias", {shape[0]}});
    return weights;
  }
  Weights operator()(const LinearOp& op) const { return with_bias(op.bias, {op.out, op.in}); }
  Weights operator()(const ConvolutionOp& op) const {
    return with_bias(op.bias, {op.out, op.in / op.groups, op.kernel, op.kernel_width()});
  }
  Weights operator()(const NormOp& op) const {
    Weights weights = with_bias(true, {op.channels});
    if (op.kind == NormKind::batch)
      for (const char* leaf : {"running_mean", "running_var"}) weights.push_back({leaf, {op.channels}});
    return weights;
  }
  Weights operator()(const TableOp& op) const { return with_bias(false, {op.rows, op.width}); }
  Weights operator()(const AttentionOp&) const { return {}; }
  Weights operator()(const PoolOp&) const { return {}; }
};

}  // namespace

PartKind kind_of(const Plan& plan) {
  if (plan.steps.back().path == "zero_middle") return PartKind::controlnet;
  for (const auto& step : plan.steps) {
    if (step.path == "time") return PartKind::unet;
    if (step.path == "quant") return PartKind::vae_encoder;
    if (step.path == "post_quant") return PartKind::vae_decoder;
    if (std::holds_alternative<TokenEmbedding>(step.block)) return PartKind::text_encoder;
    if (std::holds_alternative<PatchEmbedding>(step.block)) return PartKind::image_encoder;
    if (step.path == "Mixed_5b") return PartKind::inception;
    if (std::holds_alternative<PerceptualHead>(step.block)) return PartKind::perceptual;
    if (std::holds_alternative<MobileBlock>(step.block)) return PartKind::efficientnet;
    if (std::holds_alternative<Unshuffle>(step.block)) return PartKind::adapter;
    if (std::holds_alternative<HintConvolution>(step.block)) return PartKind::hint;
  }
  throw ConfigError(
      "the network is no UNet, half of an autoencoder, CLIP tower, adapter or feature network; no library has names "
      "for it");
}

std::vector<ForeignWeight> foreign_names(const Plan& plan, const Dialect& dialect) {
  std::vector<ForeignWeight> names;
  for_each_layer(plan, dialect, [&](const std::string& path, const LayerOp& op, const auto& theirs) {
    for (const auto& [leaf, shape] : std::visit(WeightsOf{}, op)) {
      if (!theirs)
        throw ConfigError(path + " has no name in the " + std::string(name_of(dialect.uses.front().layout)) +
                          " layout");
      names.push_back({.ours = path + "." + leaf,
                       .theirs = theirs->text + leaf_of(theirs->form, leaf),
                       .form = theirs->form,
                       .our_shape = shape,
                       .their_shape = shape_in(theirs->form, shape)});
    }
  });
  return names;
}

std::map<std::string, std::string> layer_names(const Plan& plan, const Dialect& dialect) {
  std::map<std::string, std::string> names;
  for_each_layer(plan, dialect, [&](const std::string& path, const LayerOp& op, const auto& theirs) {
    const bool multiplies = std::holds_alternative<LinearOp>(op) || std::holds_alternative<ConvolutionOp>(op);
    if (multiplies && theirs && theirs->form == Form::plain) names.emplace(path, theirs->text);
  });
  return names;
}

}  // namespace mds
