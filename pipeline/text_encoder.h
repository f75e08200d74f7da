// Words to features with the text encoders and the tokenizer of a model folder.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/encode.h"
#include "pipeline/tokenizer.h"

namespace mds {

// Ids N x `tokens` (at least 2, else a ConfigError), one row a text, cut and padded as Tokenizer::encode_padded does.
// A text ends at its first EOT, where the references pool: the first of the largest ids.
TokenBatch tokenize(const Tokenizer& tokenizer, const std::vector<std::string>& texts, int64_t tokens);

// What a UNet is told of texts, float32 on the CPU, one row a text.
struct TextRows {
  Tensor states_NSC;  // of all text encoders side by side
  Tensor pooled_NP;   // the last one's embedding, not scaled to length 1; undefined without a projection
};

class TextEncoder {
 public:
  // ConfigError where the folder's card has no text encoder and tokenizer, or the two do not fit each other.
  explicit TextEncoder(const std::string& folder);
  // The i-th of the card's text encoders; weights of that part.
  TextEncoder(const std::string& folder, const TextEncoderConfig& config, size_t i);
  // ConfigError, opened by `source`, where tokenizer and tower do not fit each other.
  TextEncoder(const TextEncoderConfig& config, Tokenizer tokenizer, NetworkPtr tower, const std::string& source);

  TextFeatures features(const std::vector<std::string>& texts) const;
  TextRows rows(const std::vector<std::string>& texts) const;  // each text on its own: the same whatever the others are
  int64_t projection() const { return config_.tower.projection; }  // width of an embedding; 0: none
  // What is left out of a text that is longer than the tower's context.
  std::optional<Truncation> truncation(const std::string& text) const {
    return tokenizer_.truncation(text, config_.tower.tokens);
  }

 private:
  TextEncoderConfig config_;
  Tokenizer tokenizer_;
  NetworkPtr tower_;
};

// Told of each text that is longer than its context.
using CutListener = std::function<void(const std::string& text, const Truncation&)>;

// Loads one text encoder after the other and lets each go before the next. All must have one length of text; what the
// first one cuts is told.
TextRows encode_texts(const std::string& folder, const std::vector<TextEncoderConfig>& encoders,
                      const std::vector<std::string>& texts, const CutListener& cut = {});

}  // namespace mds
