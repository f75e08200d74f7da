#include "pipeline/text_encoder.h"

#include <ATen/ATen.h>

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

TextEncoder::TextEncoder(const std::string& folder)
    : TextEncoder(folder, load_card(folder, {"text_encoder", "tokenizer"})) {}

TextEncoder::TextEncoder(const std::string& folder, const ModelCard& card)
    : spec_(*card.text_encoder),
      tokenizer_(load_tokenizer(folder, *card.tokenizer)),
      tower_(load_part(folder, "text_encoder", make_plan(spec_))) {
  if (spec_.vocabulary != tokenizer_.vocabulary() || card.tokenizer->pad >= spec_.vocabulary)
    throw ConfigError(folder + "/model.json: text_encoder.vocabulary is " + std::to_string(spec_.vocabulary) +
                      ", the tokenizer's is " + std::to_string(tokenizer_.vocabulary()) + " and its pad " +
                      std::to_string(card.tokenizer->pad));
}

TextFeatures TextEncoder::features(const std::vector<std::string>& texts) const {
  return embed_texts(*tower_, tokenize(tokenizer_, texts, spec_.tokens));
}

}  // namespace mds
