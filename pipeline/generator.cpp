#include "pipeline/generator.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "networks/memory.h"
#include "pipeline/layout_rows.h"
#include "spec/freed_memory.h"

namespace mds {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t most_in_memory = 64;   // limits how many pictures' texts and latents wait in memory
constexpr double loading_share = 0.15;  // share of a round's time that loading UNet and decoder may take

constexpr int64_t sdxl_time_ids = 6;

bool steers_away(const SamplerConfig& sampler) { return sides_of(sampler) != GuidedSides::conditional; }

// The negative text, unless no guidance reads it, then each different prompt with its layout once; `rows` says which of
// them each picture has.
struct DistinctTexts {
  std::vector<std::string> texts;
  std::vector<PictureLayout> layouts;
  std::vector<int64_t> rows;
  DistinctTexts(const DrawRequest& request, const SamplerConfig& sampler) {
    if (steers_away(sampler)) add(request.negative, {});
    const size_t prompts = texts.size();
    for (size_t i = 0; i < request.prompts.size(); ++i) {
      const PictureLayout layout = request.layouts.empty() ? PictureLayout{} : request.layouts[i];
      size_t row = prompts;
      while (row < texts.size() && !(texts[row] == request.prompts[i] && layouts[row] == layout)) ++row;
      rows.push_back(int64_t(row));
      if (row == texts.size()) add(request.prompts[i], layout);
    }
  }
  std::vector<std::string> phrases() const {
    std::vector<std::string> list;
    for (const PictureLayout& layout : layouts)
      for (const PlacedPhrase& placed : layout) list.push_back(placed.phrase);
    return list;
  }

 private:
  void add(const std::string& text, const PictureLayout& layout) {
    texts.push_back(text);
    layouts.push_back(layout);
  }
};

TextRows part_of(const TextRows& rows, int64_t begin, int64_t end) {
  const auto part = [&](const Tensor& x) { return x.defined() ? x.slice(0, begin, end) : x; };
  return {part(rows.states_NSC), part(rows.pooled_NP), part(rows.ends_NC)};
}

// Those of `all` that a part of a request has, where it has any.
template <class T>
std::vector<T> part_of(const std::vector<T>& all, size_t begin, size_t end) {
  return all.empty() ? all : std::vector<T>(all.begin() + int64_t(begin), all.begin() + int64_t(end));
}

DrawRequest part_of(const DrawRequest& request, size_t begin, size_t end) {
  return {.prompts = part_of(request.prompts, begin, end),
          .seeds = part_of(request.seeds, begin, end),
          .negative = request.negative,
          .batch = request.batch,
          .tiles = request.tiles,
          .layouts = part_of(request.layouts, begin, end),
          .grounding_steps = request.grounding_steps,
          .adapters = of_pictures(request.adapters, at::arange(int64_t(begin), int64_t(end))),
          .init = request.init};
}

struct RoundTime {
  double loading_s = 0, drawing_s = 0;
};

// How many pictures the next round draws with one loading of the parts, in whole batches: as few as loading_share
// allows, so that finished pictures are delivered soon, whether loading takes milliseconds or minutes.
size_t round_after(const RoundTime& time, size_t pictures, size_t batch) {
  const double fewest = time.loading_s * (1 / loading_share - 1) / (time.drawing_s / double(pictures));
  const double most = std::max(1.0, double(most_in_memory / batch));
  return batch * size_t(std::clamp(std::ceil(fewest / double(batch)), 1.0, most));
}

// Calls load(), which makes a part's network, and adds its time to the loading time.
NetworkPtr timed(RoundTime& time, const std::function<NetworkPtr()>& load) {
  const auto start = Clock::now();
  NetworkPtr network = load();
  time.loading_s += std::chrono::duration<double>(Clock::now() - start).count();
  return network;
}

}  // namespace

Conditioning conditioning_of(const ModelCard& card, const TextRows& texts) {
  Conditioning rows;
  rows.text_NSC = texts.states_NSC;
  if (card.unet->pooled_width > 0) rows.text_embeds_NP = texts.pooled_NP;
  // Original height and width, crop top and left, target height and width.
  const Extent size = card.vae_decoder->extent();
  const double height = double(size.height), width = double(size.width);
  if (card.unet->time_ids > 0)
    rows.time_ids_NI =
        at::tensor({height, width, 0.0, 0.0, height, width}, at::kFloat).expand({texts.states_NSC.size(0), -1});
  return rows;
}

Generator::Generator(const std::string& folder, const PartLoading& loading)
    : folder_(folder),
      loading_(loading),
      card_(load_card(folder, {"unet", "vae_decoder", "latent_scale", "schedule"})),
      texts_(text_encoders_of(card_, folder + "/model.json")),
      diffusion_{NoiseSchedule(*card_.schedule), card_.prediction} {
  check_parts();
}

void Generator::resize(Extent pixels) {
  std::visit([&](auto& decoder) { decoder = std::get<std::decay_t<decltype(decoder)>>(with_size(decoder, pixels)); },
             *card_.vae_decoder);
  const Shape latent = make_plan(*card_.vae_decoder).input;
  set_extent(*card_.unet, latent.extent());
  make_plan(*card_.unet);
}

void Generator::check_parts() const {
  const auto fail = [&](const std::string& why) { throw ConfigError(folder_ + "/model.json: " + why); };
  const auto& unet = *card_.unet;
  int64_t width = 0;
  for (size_t i = 0; i < texts_.size(); ++i) {
    width += texts_[i].tower.width;
    if (texts_[i].tower.tokens != unet.text_tokens)
      fail("unet reads texts of " + std::to_string(unet.text_tokens) + " tokens, " + text_encoder_part(i) + " writes " +
           std::to_string(texts_[i].tower.tokens));
  }
  if (unet.text_width != width)
    fail("unet reads tokens of width " + std::to_string(unet.text_width) + ", the text encoders write " +
         std::to_string(width));
  if (unet.pooled_width > 0 && unet.pooled_width != texts_.back().tower.projection)
    fail("unet reads pooled text of width " + std::to_string(unet.pooled_width) + ", " +
         text_encoder_part(texts_.size() - 1) + " writes " + std::to_string(texts_.back().tower.projection));
  if (unet.time_ids != 0 && unet.time_ids != sdxl_time_ids)
    fail("unet.time_ids is " + std::to_string(unet.time_ids) + "; known here: 0, or SD-XL's 6");
  const Shape latent = make_plan(unet).input, decoded = make_plan(*card_.vae_decoder).input;
  if (latent != decoded) fail("unet draws latents " + to_string(latent) + ", vae_decoder reads " + to_string(decoded));
  const size_t channels = size_t(unet.latent_channels);
  if (card_.latent_scale->mean.size() != channels || card_.latent_scale->std.size() != channels)
    fail("latent_scale holds " + std::to_string(card_.latent_scale->mean.size()) + " means and " +
         std::to_string(card_.latent_scale->std.size()) + " deviations; the latent has " + std::to_string(channels) +
         " channels");
}

void Generator::check(const SamplerConfig& sampler, const TileOptions& tiles) const {
  mds::check(diffusion_, sampler);
  if (sampler.cache_interval > 1) inner_steps(make_plan(*card_.unet), sampler.cache_level);
  const Plan decoder = make_plan(*card_.vae_decoder);
  check_tiles(decoder, tiles);
  // Where there is a GPU, it holds what a pass needs.
  const Placement& placement = loading_.placement;
  if (!placement.device.is_cpu()) return;
  const PassMemory pass{.value_bytes = int64_t(c10::elementSize(scalar_type(placement.dtype))), .weights = false};
  require_pass(make_plan(*card_.unet), pass);
  if (tiles.tile == 0) require_pass(decoder, pass);
}

void Generator::check(const std::vector<PictureLayout>& layouts) const {
  for (const PictureLayout& layout : layouts) check_slots(layout, canonical(*card_.unet).boxes);
}

void Generator::check(const InitPicture& init, const SamplerConfig& sampler) const {
  steps_taken(sampler, init.strength);
  const EncoderPart encoder = find_encoder(folder_, card_, init.encoder);
  check_part(encoder.folder, "vae_encoder", make_plan(encoder.spec));
}

PartLoading Generator::loading(const Placement& placement, const DrawListener& listener) const {
  PartLoading loading = loading_;
  loading.placement = placement;
  if (listener.told) loading.packed.tell = listener.told;
  return loading;
}

PictureTexts Generator::texts_of(const DrawRequest& request, const SamplerConfig& sampler,
                                 const DrawListener& listener) const {
  const DistinctTexts distinct(request, sampler);
  const PartLoading fp32 = loading(loading_.placement.with_fp32(), listener);
  std::vector<std::string> all = distinct.texts;
  const std::vector<std::string> phrases = distinct.phrases();
  all.insert(all.end(), phrases.begin(), phrases.end());
  const TextRows encoded = encode_texts({folder_, texts_, fp32}, all, listener.cut);
  const auto count = int64_t(distinct.texts.size());
  const TextRows texts = part_of(encoded, 0, count);
  if (steers_away(sampler) && request.negative.empty() && card_.zeros_for_no_text) {
    texts.states_NSC[0].zero_();
    if (texts.pooled_NP.defined()) texts.pooled_NP[0].zero_();
  }
  give_memory_back();
  PictureTexts result{conditioning_of(card_, texts), at::tensor(distinct.rows, at::kLong)};
  if (!phrases.empty())
    put(result.rows, layout_rows(distinct.layouts, encoded.ends_NC.slice(0, count), canonical(*card_.unet).boxes));
  return result;
}

InitLatents Generator::init_latents(const DrawRequest& request, const DrawListener& listener) const {
  if (!request.init) return {};
  const EncoderPart encoder = find_encoder(folder_, card_, request.init->encoder);
  InitLatents latents =
      encode_init(*request.init, encoder, *card_.latent_scale, loading(loading_.placement.with_fp32(), listener));
  give_memory_back();
  return latents;
}

Tensor Generator::latents(const Network& unet, const Round& round, const LoadedControls& controls) const {
  const int64_t steps = steps_taken(round.drawer.sampler, round.request.strength());
  const size_t count = round.request.seeds.size(), batch = size_t(round.request.batch);
  std::vector<Tensor> latents;
  for (size_t begin = 0; begin < count; begin += batch) {
    const size_t end = std::min(begin + batch, count);
    const std::vector<uint64_t> seeds = part_of(round.request, begin, end).seeds;
    const Tensor chosen = round.texts.chosen_N.slice(0, int64_t(begin), int64_t(end));
    const PictureTexts texts{round.texts.rows, chosen, rows_of(controls, int64_t(begin), int64_t(end))};
    int64_t taken = 0;
    latents.push_back(round.drawer.latents(unet, texts, seeds, [&] {
      if (round.listener.evaluated)
        round.listener.evaluated(int64_t(round.first + begin) * steps + ++taken * int64_t(end - begin));
    }));
  }
  return at::cat(latents);
}

size_t Generator::draw_round(const Round& round) const {
  const auto start = Clock::now();
  RoundTime time;
  const auto part = [&](const char* name, const auto& spec) {
    return timed(time, [&] {
      return load_prepared(folder_, name, make_plan(spec), loading(loading_.placement, round.listener));
    });
  };
  const LoadedControls controls =
      load_controls(round.request.adapters, *card_.unet, loading(loading_.placement, round.listener));
  NetworkPtr network = part("unet", *card_.unet);
  const Tensor z = latents(*network, round, controls);
  network = nullptr;
  give_memory_back();
  network = part("vae_decoder", *card_.vae_decoder);
  for (int64_t i = 0; i < z.size(0); ++i)
    round.listener.picture(round.first + size_t(i),
                           round.drawer.pictures(*network, z.slice(0, i, i + 1), round.request.tiles)[0]);
  time.drawing_s = std::chrono::duration<double>(Clock::now() - start).count() - time.loading_s;
  return round_after(time, size_t(z.size(0)), size_t(round.request.batch));
}

void Generator::draw(const DrawRequest& request, const SamplerConfig& sampler, const DrawListener& listener) const {
  if (request.prompts.empty() || request.prompts.size() != request.seeds.size())
    throw ConfigError("there are " + std::to_string(request.prompts.size()) + " prompts and " +
                      std::to_string(request.seeds.size()) + " seeds; needed: one seed a prompt, and at least one");
  if (!request.layouts.empty() && request.layouts.size() != request.prompts.size())
    throw ConfigError("there are " + std::to_string(request.layouts.size()) + " layouts and " +
                      std::to_string(request.prompts.size()) + " prompts; needed: none, or one a prompt");
  check(request.layouts);
  if (request.batch < 1) throw ConfigError("the batch is " + std::to_string(request.batch) + "; allowed: at least 1");
  check(sampler, request.tiles);
  steps_taken(sampler, request.strength());
  torch::NoGradGuard no_grad;
  const Drawer drawer{.diffusion = diffusion_,
                      .sampler = sampler,
                      .scale = *card_.latent_scale,
                      .one_by_one = true,
                      .grounding = request.grounding_steps,
                      .init = init_latents(request, listener)};
  size_t pictures = size_t(request.batch);  // in one round
  for (size_t drawn = 0; drawn < request.seeds.size(); drawn += most_in_memory) {
    const DrawRequest window = part_of(request, drawn, std::min(drawn + most_in_memory, request.seeds.size()));
    const PictureTexts texts = texts_of(window, sampler, listener);
    for (size_t begin = 0; begin < window.seeds.size();) {
      const size_t end = std::min(begin + pictures, window.seeds.size());
      pictures = draw_round({.request = part_of(window, begin, end),
                             .texts = {texts.rows, texts.chosen_N.slice(0, int64_t(begin), int64_t(end))},
                             .first = drawn + begin,
                             .drawer = drawer,
                             .listener = listener});
      begin = end;
    }
  }
}

}  // namespace mds
