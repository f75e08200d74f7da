// The tokenizer of a foreign model, as transformers 4 (merges.txt, special_tokens_map.json) and transformers 5
// (tokenizer.json, tokenizer_config.json) write it.
#pragma once

#include "pipeline/convert.h"
#include "pipeline/convert_source.h"

namespace mds {

// A text tower that was converted, and the layout of its file.
struct FoundText {
  TextTowerSpec tower;
  Layout layout;
};

// The merges as merges.txt has them, from the request's file or else from the tokenizer in its folder; empty where
// there is none.
std::string find_merges(const ConvertRequest& request);

// The pad is 0 for OpenCLIP; else that of the first configuration in `folders` that names one, or the end token.
// ConfigError for a pad token that is not supported.
TokenizerConfig tokenizer_of(const FoundText& text, const ConvertRequest& request,
                             const std::vector<std::string>& folders);

// Textual inversion adds rows for its tokens behind the vocabulary. Our tokenizer cannot write them, so they are cut
// off a text encoder's embeddings, with a note that names the tokens.
void cut_added_tokens(FoundPart& part, const std::string& merges, const ConvertRequest& request, const Note& note);

}  // namespace mds
