// Words to features with the text encoder and tokenizer of a model folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/encode.h"
#include "pipeline/tokenizer.h"

namespace mds {

// Ids N x `tokens` (at least 2, else a ConfigError), one row a text, cut and padded as Tokenizer::encode_padded does.
// A text ends at its first EOT, where the references pool: the first of the largest ids.
TokenBatch tokenize(const Tokenizer& tokenizer, const std::vector<std::string>& texts, int64_t tokens);

class TextEncoder {
 public:
  // ConfigError where the folder's card has no text encoder and tokenizer, or the two do not fit each other.
  explicit TextEncoder(const std::string& folder);
  TextFeatures features(const std::vector<std::string>& texts) const;
  // What `features` leaves out of a text that is longer than the tower's context.
  std::optional<Truncation> truncation(const std::string& text) const {
    return tokenizer_.truncation(text, spec_.tokens);
  }
  const TextTowerSpec& spec() const { return spec_; }

 private:
  TextEncoder(const std::string& folder, const ModelCard& card);

  TextTowerSpec spec_;
  Tokenizer tokenizer_;
  NetworkPtr tower_;
};

}  // namespace mds
