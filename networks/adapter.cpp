#include "networks/adapter.h"

#include "networks/unet.h"
#include "spec/error.h"

namespace mds {
namespace {

int64_t own_width(const AdapterSpec& spec, size_t level) {
  const int64_t width = spec.widths[level];
  if (width % spec.reduction != 0)
    throw ConfigError("widths." + std::to_string(level) + " is " + std::to_string(width) +
                      "; allowed: multiples of reduction, " + std::to_string(spec.reduction));
  return width / spec.reduction;
}

// At first all maps are zero: a last projection is, or else everything that reads a map of another width.
Init first_values(const AdapterSpec& spec) { return spec.reduction > 1 ? Init::uniform : Init::zero; }

void add_level(Chain& chain, const AdapterSpec& spec, size_t level) {
  StepName name{"down", int64_t(level) + 1};
  const std::string output = adapter_output(level);
  const int64_t width = own_width(spec, level);
  const bool projected = spec.reduction > 1;
  if (level > 0) {
    name.part = "pool";
    chain.add(name, SinglePool{.pool = PoolKind::average, .kernel = 2, .stride = 2});
    name.part = "conv_in";
    if (width != own_width(spec, level - 1))
      chain.add(name, SingleConvolution{.out = width, .kernel = 1, .init = first_values(spec)});
  }
  name.part = "conv";
  for (name.index = 0; name.index < spec.blocks; ++name.index)
    chain.add(name, AdapterResidual{}, !projected && name.index + 1 == spec.blocks ? output.c_str() : "");
  name.index = -1;
  name.part = "conv_out";
  if (projected)
    chain.add_beside(name, SingleConvolution{.out = spec.widths[level], .kernel = 1, .init = Init::zero},
                     output.c_str());
}

}  // namespace

std::string adapter_output(size_t level) { return "level" + std::to_string(level + 1); }

Plan make_plan(const AdapterSpec& spec) {
  if (spec.widths.empty()) throw ConfigError("widths is empty; an adapter needs at least one");
  const Extent extent = extent_of(spec);
  const int64_t factor = pixels_a_latent << (spec.widths.size() - 1);
  if (extent.height % factor != 0 || extent.width % factor != 0)
    throw ConfigError("the control picture's size is " + to_string(extent) + "; allowed: multiples of " +
                      std::to_string(factor));
  Chain chain(Shape::map(spec.channels, extent));
  chain.add({"unshuffle"}, Unshuffle{pixels_a_latent});
  chain.add({"conv_in"}, SingleConvolution{.out = own_width(spec, 0), .init = first_values(spec)});
  for (size_t level = 0; level < spec.widths.size(); ++level) add_level(chain, spec, level);
  return chain.finish();
}

AdapterSpec adapter_for(const UNetSpec& unet, int64_t reduction) {
  AdapterSpec spec{.widths = {}, .reduction = reduction};
  for (const auto& level : unet.levels) spec.widths.push_back(level.width);
  const Extent latent = extent_of(unet);
  set_extent(spec, {latent.height * pixels_a_latent, latent.width * pixels_a_latent});
  return spec;
}

std::vector<LevelEnd> level_ends(const Plan& unet) {
  std::vector<LevelEnd> ends;
  const PlanStep* last = nullptr;
  for (const PlanStep& step : unet.steps) {
    const bool entry = step.path == "conv_in", down = step.path.starts_with("down");
    if (!last && !entry) continue;  // what is computed of times and layouts
    if (last && (!(entry || down) || step.path.ends_with(".downsample"))) ends.push_back({last->path, last->out});
    if (!entry && !down) return ends;
    last = &step;
  }
  return ends;
}

void check_adapter(const AdapterSpec& adapter, const Plan& unet, const std::string& source) {
  const auto ends = level_ends(unet);
  std::vector<Shape> maps;
  for (const auto& step : make_plan(adapter).steps)
    if (!step.output.empty()) maps.push_back(step.out);
  std::string wanted, given;
  for (const auto& end : ends) wanted += (wanted.empty() ? "" : ", ") + to_string(end.out);
  for (const auto& map : maps) given += (given.empty() ? "" : ", ") + to_string(map);
  if (wanted != given)
    throw ConfigError(source + ": the adapter makes maps of " + given + "; the UNet's levels are " + wanted);
}

}  // namespace mds
