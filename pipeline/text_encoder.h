// Texts to features, with the text encoders and the tokenizer of a model folder.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/encode.h"
#include "pipeline/packed_part.h"
#include "pipeline/tokenizer.h"

namespace mds {

// Ids N x `tokens` (at least 2, else a ConfigError), one row per text, cut and padded as by Tokenizer::encode_padded. A
// text ends at its first EOT, the first of its largest ids, where the reference implementations pool.
TokenBatch tokenize(const Tokenizer& tokenizer, const std::vector<std::string>& texts, int64_t tokens);

// What a UNet reads of texts, float32 on the CPU, one row per text.
struct TextRows {
  Tensor states_NSC;  // of all text encoders, concatenated
  Tensor pooled_NP;   // of the last encoder, not scaled to length 1; undefined without a projection
  Tensor ends_NC{};   // the states at each text's end
};

class TextEncoder {
 public:
  // ConfigError where the folder's card has no text encoder and tokenizer, or where they do not fit each other.
  explicit TextEncoder(const std::string& folder, const Placement& placement = {});
  // The i-th text encoder of the card, with the weights of its part.
  TextEncoder(const std::string& folder, const TextEncoderConfig& config, size_t i, const PartLoading& loading = {});
  // ConfigError, beginning with `source`, where tokenizer and tower do not fit each other.
  TextEncoder(const TextEncoderConfig& config, Tokenizer tokenizer, NetworkPtr tower, const std::string& source);

  TextFeatures features(const std::vector<std::string>& texts) const;
  TextRows rows(const std::vector<std::string>& texts) const;      // a text's row does not depend on the other texts
  int64_t projection() const { return config_.tower.projection; }  // width of an embedding; 0: none
  // What is cut from a text that is longer than the tower's context.
  std::optional<Truncation> truncation(const std::string& text) const {
    return tokenizer_.truncation(text, config_.tower.tokens);
  }

 private:
  TextEncoderConfig config_;
  Tokenizer tokenizer_;
  NetworkPtr tower_;
};

// Called for each text that is longer than its context.
using CutListener = std::function<void(const std::string& text, const Truncation&)>;

// The text encoders of a model folder. All have the same context.
struct TextEncoders {
  const std::string& folder;
  const std::vector<TextEncoderConfig>& configs;
  PartLoading loading{};
};

// Loads one text encoder after the other, releasing each before the next; `cut` is called for what the first one cuts.
TextRows encode_texts(const TextEncoders& encoders, const std::vector<std::string>& texts, const CutListener& cut = {});

}  // namespace mds
