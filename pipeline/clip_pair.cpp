#include "pipeline/clip_pair.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "pipeline/mapped_file.h"

namespace mds {
namespace {

constexpr size_t texts_at_once = 64;

TextTowerSpec text_spec(const ClipSource& source) {
  const std::string name = source.text.empty() ? text_half_of(source.image) : source.text;
  const NetworkSpec spec = load_network(name), image = load_network(source.image);
  const auto* tower = std::get_if<TextTowerSpec>(&spec);
  if (!tower) throw ConfigError(name + " is no text tower; a CLIP's is needed");
  TextTowerSpec projected = *tower;
  if (const auto* beside = std::get_if<ImageTowerSpec>(&image)) projected.projection = beside->projection;
  return projected;
}

// The size of the tower's vocabulary tells how many of CLIP's merges it was trained with.
TextEncoder from_file(const ClipSource& source, const Placement& placement) {
  const TextTowerSpec tower = text_spec(source);
  const MappedFile merges(shipped_file("weights/clip-bpe/merges.txt"));
  const int64_t least = Tokenizer("", {.merges = 0}).vocabulary();
  const TokenizerConfig config{
      .merges = std::max<int64_t>(tower.vocabulary - least, 0), .pad = 0, .mode = TokenizerMode::openai};
  return TextEncoder({.tower = tower, .tokenizer = config}, Tokenizer(merges.bytes(), config),
                     load_clip_tower(tower, source, placement), source.weights + ": the text tower");
}

}  // namespace

TextEncoder load_clip_texts(const ClipSource& source, const Placement& placement) {
  if (!is_model_folder(source.weights)) return from_file(source, placement);
  const ModelCard card = load_card(source.weights, {"text_encoder", "tokenizer"});
  if (card.text_encoder->projection == 0)
    throw ConfigError(source.weights + "/model.json: text_encoder.projection is 0; a CLIP's text tower has one");
  return TextEncoder(source.weights, placement);
}

ClipPair::ClipPair(const ClipSource& source, ClipFit fit) : images_(source, fit), texts_(load_clip_texts(source)) {
  if (texts_.projection() != images_.width())
    throw ConfigError(source.weights + ": texts are embedded in " + std::to_string(texts_.projection()) +
                      " dimensions, pictures in " + std::to_string(images_.width()));
}

Tensor ClipPair::embed_texts(const std::vector<std::string>& texts) const {
  std::vector<Tensor> rows = {at::empty({0, width()}, at::kFloat)};
  for (size_t i = 0; i < texts.size(); i += texts_at_once) {
    const auto begin = texts.begin() + int64_t(i);
    const auto end = texts.begin() + int64_t(std::min(i + texts_at_once, texts.size()));
    rows.push_back(texts_.features({begin, end}).embeds_NE.to(at::kFloat));
    if (!is_finite(rows.back())) throw std::runtime_error("the text tower: an embedding is not finite");
  }
  return at::cat(rows);
}

}  // namespace mds
