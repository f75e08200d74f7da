#include "pipeline/network_io.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "pipeline/lpips.h"
#include "pipeline/resizer.h"
#include "spec/error.h"

namespace mds {
namespace {

struct InputList {
  Shape main;

  std::vector<NetworkInput> operator()(const UNetSpec& spec) const {
    std::vector<NetworkInput> inputs = map_called("sample");
    inputs.push_back({"timestep", {}, 0, &Conditioning::timesteps_N});
    inputs.push_back({"encoder_hidden_states", {spec.text_tokens, spec.text_width}, 0, &Conditioning::text_NSC});
    if (spec.pooled_width > 0) inputs.push_back({"text_embeds", {spec.pooled_width}, 0, &Conditioning::text_embeds_NP});
    if (spec.time_ids > 0) inputs.push_back({"time_ids", {spec.time_ids}, 0, &Conditioning::time_ids_NI});
    if (const UNetSpec own = canonical(spec); own.boxes > 0) {
      inputs.push_back({"boxes", {own.boxes, 4}, 0, &Conditioning::boxes_NB4});
      inputs.push_back({"positive_embeddings", {own.boxes, own.text_width}, 0, &Conditioning::phrases_NBC});
      inputs.push_back({"masks", {own.boxes}, 0, &Conditioning::box_mask_NB});
    }
    return inputs;
  }
  std::vector<NetworkInput> operator()(const EncoderSpec&) const { return map_called("sample"); }
  std::vector<NetworkInput> operator()(const DecoderSpec&) const { return map_called("latent"); }
  std::vector<NetworkInput> operator()(const TaesdEncoderSpec&) const { return map_called("sample"); }
  std::vector<NetworkInput> operator()(const TaesdDecoderSpec&) const { return map_called("latent"); }
  std::vector<NetworkInput> operator()(const AdapterSpec&) const { return map_called("control"); }
  std::vector<NetworkInput> operator()(const HintSpec&) const { return map_called("control"); }
  std::vector<NetworkInput> operator()(const ControlNetSpec& spec) const {
    std::vector<NetworkInput> inputs = (*this)(spec.unet);
    inputs.push_back(
        {.name = "hint", .sizes = {spec.unet.levels.at(0).width, main.height, main.width}, .control = "conv_in"});
    return inputs;
  }
  std::vector<NetworkInput> operator()(const ImageTowerSpec&) const { return map_called("pixel_values"); }
  std::vector<NetworkInput> operator()(const InceptionSpec&) const { return pictures(PictureInput::resized); }
  std::vector<NetworkInput> operator()(const EfficientNetSpec&) const { return pictures(PictureInput::sized); }
  std::vector<NetworkInput> operator()(const LpipsSpec&) const {
    return {map_called("image0")[0], map_called("image1")[0]};
  }
  std::vector<NetworkInput> operator()(const TextTowerSpec& spec) const {
    return {{"input_ids", {spec.tokens}, spec.vocabulary}};
  }

 private:
  std::vector<NetworkInput> pictures(PictureInput kind) const {
    return {{"images", {main.channels, main.height, main.width}, 0, nullptr, kind}};
  }
  std::vector<NetworkInput> map_called(const char* name) const {
    return {{name, {main.channels, main.height, main.width}}};
  }
};

bool pools_text(const Plan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [](const PlanStep& step) {
    const auto* pooled = std::get_if<PooledProjection>(&step.block);
    return pooled && pooled->at_text_end;
  });
}

bool takes_integers(const NetworkInput& input) {
  return input.tokens > 0 || input.field == &Conditioning::timesteps_N || input.field == &Conditioning::time_ids_NI;
}
bool takes_floats(const NetworkInput& input) { return input.tokens == 0; }

const char* types_of(const NetworkInput& input) {
  if (!takes_integers(input)) return "floating numbers";
  return takes_floats(input) ? "floating numbers or integers" : "integers";
}

std::string expected(const NetworkInput& input) {
  std::string sizes = "[N";
  for (const int64_t size : input.sizes) sizes += ", " + std::to_string(size);
  return "expected " + sizes + "] of " + types_of(input) +
         (input.field == &Conditioning::timesteps_N ? ", or one number for all samples" : "");
}

bool has_sizes(const Tensor& tensor, const NetworkInput& input) {
  if (input.field == &Conditioning::timesteps_N && tensor.numel() == 1 && tensor.dim() <= 1) return true;
  return tensor.dim() > 0 && tensor.size(0) > 0 && tensor.sizes().slice(1) == input.sizes;
}

bool has_type(const Tensor& tensor, const NetworkInput& input) {
  return (takes_floats(input) && tensor.is_floating_point()) ||
         (takes_integers(input) && c10::isIntegralType(tensor.scalar_type(), /*includeBool=*/false));
}

Tensor levels_of(const Tensor& images_NCHW, const NetworkInput& input, const std::string& place) {
  const bool fits = images_NCHW.scalar_type() == at::kByte && images_NCHW.dim() == 4 && images_NCHW.size(0) > 0 &&
                    images_NCHW.size(1) == input.sizes[0] &&
                    (input.pictures == PictureInput::resized || images_NCHW.sizes().slice(1) == input.sizes);
  const bool any = input.pictures == PictureInput::resized;
  if (!fits)
    throw FileError(place + " is " + sizes_text(images_NCHW.sizes()) + " of " +
                    c10::toString(images_NCHW.scalar_type()) + "; expected [N, " + std::to_string(input.sizes[0]) +
                    ", " +
                    (any ? "height, width" : std::to_string(input.sizes[1]) + ", " + std::to_string(input.sizes[2])) +
                    "] of bytes");
  const ImageSize size{.width = input.sizes[2], .height = input.sizes[1]};
  try {
    return resized(images_NCHW, size, Resizer::legacy_tensorflow);
  } catch (const ConfigError& error) {
    throw FileError(place + ": " + error.what());
  }
}

// Checks one input and converts it to the network's type: int64 or float32.
Tensor checked(const Tensor& tensor, const NetworkInput& input, const std::string& place) {
  if (input.pictures != PictureInput::none) return levels_of(tensor, input, place);
  if (!has_type(tensor, input) || !has_sizes(tensor, input))
    throw FileError(place + " is " + sizes_text(tensor.sizes()) + " of " + c10::toString(tensor.scalar_type()) + "; " +
                    expected(input));
  if (input.tokens == 0) {
    const Tensor numbers = tensor.to(at::kFloat);
    if (!is_finite(numbers)) throw FileError(place + " holds a number that is not finite");
    return numbers;
  }
  const Tensor ids = tensor.to(at::kLong);
  const int64_t low = ids.min().item<int64_t>(), high = ids.max().item<int64_t>();
  if (low < 0 || high >= input.tokens)
    throw FileError(place + " holds ids from " + std::to_string(low) + " to " + std::to_string(high) +
                    "; allowed: 0 to " + std::to_string(input.tokens - 1));
  return ids;
}

void refuse_unexpected(const TensorMap& tensors, const std::vector<NetworkInput>& inputs, const std::string& source) {
  std::string names;
  for (const auto& input : inputs) names += (names.empty() ? "" : ", ") + input.name;
  for (const auto& [name, unused] : tensors)
    if (std::none_of(inputs.begin(), inputs.end(), [&](const auto& input) { return input.name == name; }))
      throw FileError(source + ": unexpected tensor \"" + name + "\"; the network takes " + names);
}

}  // namespace

std::vector<NetworkInput> inputs_of(const NetworkSpec& spec) {
  return std::visit(InputList{make_plan(spec).input}, spec);
}

NetworkSpec sized_for(const NetworkSpec& spec, const TensorMap& tensors) {
  const auto found = tensors.find(inputs_of(spec).front().name);
  if (found == tensors.end() || found->second.dim() != 4) return spec;
  const Extent input{found->second.size(2), found->second.size(3)};
  const int64_t own = make_plan(spec).input.height;
  NetworkSpec sized = spec;
  std::visit(
      [&](auto& s) {
        using Spec = std::remove_reference_t<decltype(s)>;
        if constexpr (std::same_as<Spec, UNetSpec>) {
          set_extent(s, input);
        } else if constexpr (requires { s.unet; }) {
          set_extent(s.unet, input);
        } else if constexpr (requires { s.size_width; }) {
          const int64_t pixels = s.size / own;  // spanned by one element of the input
          set_extent(s, {pixels * input.height, pixels * input.width});
        } else if constexpr (std::same_as<Spec, LpipsSpec>) {
          s.size = input.height, s.width = input.width;
        }
      },
      sized);
  return canonical(sized);
}

std::vector<std::string> outputs_of(const Plan& plan) {
  std::vector<std::string> names;
  if (is_lpips(plan)) return {"distance"};
  for (const auto& step : plan.steps)
    if (!step.output.empty()) names.push_back(step.output);
  std::stable_partition(names.begin(), names.end(), [](const auto& name) { return name == "last_hidden_state"; });
  return names;
}

std::vector<Tensor> inputs_from(const TensorMap& tensors, const NetworkSpec& spec, const std::string& source) {
  const auto inputs = inputs_of(spec);
  refuse_unexpected(tensors, inputs, source);
  std::vector<Tensor> batch;
  for (const auto& input : inputs) {
    const auto found = tensors.find(input.name);
    const std::string place = source + ": tensor \"" + input.name + "\"";
    if (found == tensors.end()) throw FileError(place + " is missing; " + expected(input));
    Tensor tensor = checked(found->second, input, place);
    const int64_t samples = batch.empty() ? tensor.size(0) : batch[0].size(0);
    if (input.sizes.empty() && tensor.numel() == 1) tensor = tensor.reshape({1}).expand({samples});
    if (tensor.size(0) != samples)
      throw FileError(place + " is of " + std::to_string(tensor.size(0)) + " samples; \"" + inputs[0].name +
                      "\" is of " + std::to_string(samples));
    batch.push_back(tensor);
  }
  return batch;
}

Controls take_controls(TensorMap& tensors, const Plan& plan, const std::string& source) {
  Controls controls;
  const auto take = [&](const std::string& prefix, std::map<std::string, Tensor>& maps) {
    for (auto& [path, map] : with_prefix(tensors, prefix)) {
      maps[path] = map.to(at::kFloat);
      tensors.erase(prefix + path);
    }
  };
  take("added.", controls.outputs);
  take("skip.", controls.skips);
  try {
    check_controls(plan, controls);
  } catch (const c10::Error& error) {
    throw FileError(source + ": " + error.what_without_backtrace());
  }
  return controls;
}

std::vector<Tensor> run_network(const Network& network, const NetworkSpec& spec, const NetworkBatch& batch,
                                const Observer& observer) {
  const auto& inputs = batch.inputs;
  if (is_lpips(network.plan())) return {lpips_distance(network, inputs.at(0), inputs.at(1), observer)};
  Conditioning conditioning;
  conditioning.controls = batch.controls;
  conditioning.text_products = batch.text_products;
  Tensor main;
  const auto wanted = inputs_of(spec);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].control.empty())
      (wanted[i].field ? conditioning.*wanted[i].field : main) = inputs.at(i);
    else
      conditioning.controls.outputs[wanted[i].control] = inputs.at(i);
  }
  if (pools_text(network.plan())) conditioning.text_end_N = at::argmax(main, 1);
  TensorMap named;
  const auto kept = [&](const PlanStep& step, Tensor y) {
    if (!step.output.empty()) named[step.output] = y;
    return y;
  };
  network.forward(main, conditioning, compose({observer, kept}));
  std::vector<Tensor> outputs;
  for (const auto& name : outputs_of(network.plan())) outputs.push_back(named.at(name));
  return outputs;
}

}  // namespace mds
