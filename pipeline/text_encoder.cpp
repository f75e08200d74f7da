#include "pipeline/text_encoder.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>

namespace mds {
namespace {

Tokenizer load_tokenizer(const std::string& folder, const TokenizerConfig& config) {
  const std::string merges = load_merges(folder);
  try {
    return Tokenizer(merges, config);
  } catch (const ConfigError& error) {
    throw ConfigError(folder + "/merges.txt: " + error.what());
  }
}

}  // namespace

TokenBatch tokenize(const Tokenizer& tokenizer, const std::vector<std::string>& texts, int64_t tokens) {
  std::vector<int64_t> ids, ends;
  for (const auto& text : texts) {
    const auto padded = tokenizer.encode_padded(text, tokens);
    ends.push_back(std::find(padded.begin(), padded.end(), tokenizer.eot()) - padded.begin());
    ids.insert(ids.end(), padded.begin(), padded.end());
  }
  return {at::tensor(ids, at::kLong).view({-1, tokens}), at::tensor(ends, at::kLong)};
}

TextEncoder::TextEncoder(const std::string& folder, const Placement& placement)
    : TextEncoder(folder, text_encoders_of(load_card(folder), folder + "/model.json").front(), 0, {placement}) {}

TextEncoder::TextEncoder(const std::string& folder, const TextEncoderConfig& config, size_t i,
                         const PartLoading& loading)
    : TextEncoder(config, load_tokenizer(folder, config.tokenizer),
                  load_prepared(folder, text_encoder_part(i), make_plan(config.tower), loading),
                  folder + "/model.json: " + text_encoder_part(i)) {}

TextEncoder::TextEncoder(const TextEncoderConfig& config, Tokenizer tokenizer, NetworkPtr tower,
                         const std::string& source)
    : config_(config), tokenizer_(std::move(tokenizer)), tower_(std::move(tower)) {
  const int64_t vocabulary = config_.tower.vocabulary, pad = config_.tokenizer.pad;
  if (vocabulary != tokenizer_.vocabulary() || pad >= vocabulary)
    throw ConfigError(source + ".vocabulary is " + std::to_string(vocabulary) + ", the tokenizer's is " +
                      std::to_string(tokenizer_.vocabulary()) + " and its pad " + std::to_string(pad));
}

TextFeatures TextEncoder::features(const std::vector<std::string>& texts) const {
  return embed_texts(*tower_, tokenize(tokenizer_, texts, config_.tower.tokens));
}

TextRows TextEncoder::rows(const std::vector<std::string>& texts) const {
  torch::NoGradGuard no_grad;
  const std::string states = config_.output == TextOutput::last ? "last_hidden_state" : "penultimate";
  std::vector<Tensor> all_states, all_ends, all_pooled;
  for (const auto& text : texts) {
    const TokenBatch tokens = tokenize(tokenizer_, {text}, config_.tower.tokens);
    Conditioning conditioning;
    conditioning.text_end_N = tokens.end_N;
    const auto outputs = tower_->outputs(tokens.ids_NT, conditioning);
    all_states.push_back(outputs.at(states).to(at::kCPU, at::kFloat));
    all_ends.push_back(all_states.back().select(1, tokens.end_N.item<int64_t>()));
    if (config_.tower.projection > 0) all_pooled.push_back(outputs.at("text_embeds").to(at::kCPU, at::kFloat));
  }
  return {at::cat(all_states), all_pooled.empty() ? Tensor() : at::cat(all_pooled), at::cat(all_ends)};
}

TextRows encode_texts(const TextEncoders& encoders, const std::vector<std::string>& texts, const CutListener& cut) {
  std::vector<Tensor> states, ends;
  Tensor pooled;
  for (size_t i = 0; i < encoders.configs.size(); ++i) {
    const TextEncoder encoder(encoders.folder, encoders.configs[i], i, encoders.loading);
    for (const auto& text : texts)
      if (const auto truncation = encoder.truncation(text); truncation && cut && i == 0) cut(text, *truncation);
    const TextRows rows = encoder.rows(texts);
    states.push_back(rows.states_NSC);
    ends.push_back(rows.ends_NC);
    pooled = rows.pooled_NP;
  }
  return {at::cat(states, 2), pooled, at::cat(ends, 1)};
}

}  // namespace mds
