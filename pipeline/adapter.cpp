#include "pipeline/adapter.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "spec/describe.h"

namespace mds {
namespace {

AdapterSpec adapter_in(const std::string& folder, const ModelCard& card, const UNetSpec& unet) {
  AdapterSpec spec = *card.adapter;
  set_extent(spec, extent_of(adapter_for(unet, 1)));
  check_adapter(spec, make_plan(unet), folder);
  return spec;
}

ControlNetSpec controlnet_in(const std::string& folder, const ModelCard& card, const UNetSpec& unet) {
  ControlNetSpec spec = *card.controlnet;
  set_extent(spec.unet, extent_of(unet));
  const auto targets = control_targets(make_plan(unet));
  const Plan base = make_plan(unet), copy = make_plan(spec);
  const auto shape_of = [](const Plan& plan, const std::string& name, std::string PlanStep::* key) {
    const auto found = std::ranges::find(plan.steps, name, key);
    return found == plan.steps.end() ? std::string("nothing") : to_string(found->out);
  };
  for (const auto& target : targets)
    if (const auto wanted = shape_of(base, target.path, &PlanStep::path),
        given = shape_of(copy, target.output, &PlanStep::output);
        wanted != given)
      throw ConfigError(folder + ": the ControlNet makes " + given + " for the UNet's step " + target.path +
                        "; needed: " + wanted);
  return spec;
}

HintSpec hint_in(const ModelCard& card, const UNetSpec& unet) {
  HintSpec spec = *card.hint;
  set_extent(spec, extent_of(hint_for(unet)));
  return spec;
}

ModelCard card_of(const std::string& folder) {
  const ModelCard card = load_card(folder);
  const bool whole = card.controlnet && card.hint;
  if (card.adapter.has_value() == whole)
    throw ConfigError(folder + "/model.json: holds " + (whole ? "an adapter and a ControlNet" : "none of both") +
                      "; needed: adapter, or controlnet and hint");
  return card;
}

// Of each picture by itself, so that none depends on those beside it, not even in rounding.
Controls of_each(const Tensor& control_NCHW, const std::function<Controls(const Tensor&)>& controls_of_one) {
  std::map<std::string, std::vector<Tensor>> rows;
  for (int64_t i = 0; i < control_NCHW.size(0); ++i)
    for (const auto& [path, map] : controls_of_one(control_NCHW.slice(0, i, i + 1)).outputs) rows[path].push_back(map);
  Controls all;
  for (const auto& [path, maps] : rows) all.outputs[path] = at::cat(maps);
  return all;
}

RunningControl running(const AdapterUse& use, const ModelCard& card, const UNetSpec& unet, const PartLoading& loading) {
  const HintSpec spec = hint_in(card, unet);
  const auto hint = load_prepared(use.folder, "hint", make_plan(spec), loading);
  Controls encoded = of_each(use.control_NCHW.slice(1, 0, spec.channels), [&](const Tensor& control_1CHW) {
    return Controls{.outputs = {{"conv_in", hint->forward(control_1CHW)}}};
  });
  return {.network = load_prepared(use.folder, "controlnet", make_plan(controlnet_in(use.folder, card, unet)), loading),
          .hint = std::move(encoded),
          .targets = control_targets(make_plan(unet)),
          .scale = use.scale};
}

// Adds the maps to those that are there already.
void add(std::map<std::string, Tensor>& maps, const std::string& path, const Tensor& map) {
  const auto [at, fresh] = maps.emplace(path, map);
  if (!fresh) at->second = at->second + map;
}

}  // namespace

Controls controls_of(const Network& adapter, const Tensor& control_NCHW, const Plan& unet, double scale) {
  const auto maps = adapter.outputs(control_NCHW);
  Controls controls;
  const auto ends = level_ends(unet);
  for (size_t i = 0; i < ends.size(); ++i) {
    const Tensor& map = maps.at(adapter_output(i));
    controls.outputs[ends[i].path] = scale == 1 ? map : map * scale;
  }
  return controls;
}

std::vector<AdapterUse> of_pictures(std::vector<AdapterUse> uses, const Tensor& pictures) {
  for (auto& use : uses)
    if (use.control_NCHW.size(0) > 1) use.control_NCHW = use.control_NCHW.index_select(0, pictures);
  return uses;
}

void check_adapter_folder(const std::string& folder, const UNetSpec& unet) {
  const ModelCard card = card_of(folder);
  card.adapter ? void(adapter_in(folder, card, unet)) : void(controlnet_in(folder, card, unet));
}

Controls rows_of(Controls controls, int64_t begin, int64_t end) {
  controls.for_each([&](Tensor& map) {
    if (map.size(0) > 1) map = map.slice(0, begin, end);
  });
  return controls;
}

LoadedControls rows_of(LoadedControls controls, int64_t begin, int64_t end) {
  controls.maps = rows_of(std::move(controls.maps), begin, end);
  for (auto& each : controls.running) each.hint = rows_of(std::move(each.hint), begin, end);
  return controls;
}

LoadedControls repeated(LoadedControls controls, int64_t times) {
  const auto repeat = [&](Tensor& map) {
    if (map.size(0) > 1) map = map.repeat_interleave(times, 0);
  };
  controls.maps.for_each(repeat);
  for (auto& each : controls.running) each.hint.for_each(repeat);
  return controls;
}

Controls controls_at(const LoadedControls& controls, const Tensor& x_NCHW, const Conditioning& conditioning) {
  Controls all = controls.maps;
  for (const auto& [network, hint, targets, scale] : controls.running) {
    Conditioning own = conditioning;
    own.controls = hint;
    own.text_products = nullptr;  // they belong to the UNet
    const auto maps = network->outputs(x_NCHW, own);
    for (const auto& target : targets)
      add(target.skip ? all.skips : all.outputs, target.path, maps.at(target.output) * scale);
  }
  return all;
}

LoadedControls load_controls(const std::vector<AdapterUse>& uses, const UNetSpec& unet, const PartLoading& loading) {
  const torch::NoGradGuard no_grad;
  const Plan plan = make_plan(unet);
  LoadedControls all;
  for (const AdapterUse& use : uses) {
    if (!std::isfinite(use.scale))
      throw ConfigError(use.folder + ": the scale is " + shown(Json(use.scale)) + "; allowed: finite numbers");
    const ModelCard card = card_of(use.folder);
    if (!card.adapter) {
      all.running.push_back(running(use, card, unet, loading));
      continue;
    }
    const AdapterSpec spec = adapter_in(use.folder, card, unet);
    const auto network = load_prepared(use.folder, "adapter", make_plan(spec), loading);
    const Controls maps = of_each(use.control_NCHW.slice(1, 0, spec.channels), [&](const Tensor& control_1CHW) {
      return controls_of(*network, control_1CHW, plan, use.scale);
    });
    for (const auto& [path, map] : maps.outputs)
      if (!all.maps.outputs.emplace(path, map).second)
        throw ConfigError(use.folder + ": adds to " + path +
                          ", to which another adapter adds too; allowed: one of them");
  }
  return all;
}

}  // namespace mds
