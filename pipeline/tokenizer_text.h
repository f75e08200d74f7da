// Normalising and splitting text for CLIP's tokenizer. Text is UTF-8 in and out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/tokenizer.h"

namespace mds {

std::string normalise(std::string_view text, TokenizerMode mode);  // the result is valid UTF-8, whatever the text is

void append_utf8(std::string& out, char32_t c);

// Replaces HTML character references as Python's html.unescape does, for numbers and for the names of HTML 4's Latin-1
// and typographic sets; the other names of HTML 5 stay as they are.
std::string unescape_html(std::string_view text);

// Splits normalised text into contractions, runs of letters, single digits and runs of other characters; the two
// special tokens <|startoftext|> and <|endoftext|> are pieces of their own. The text must be valid UTF-8.
class Splitter {
 public:
  Splitter();
  ~Splitter();
  std::vector<std::string_view> split(std::string_view text) const;

 private:
  struct Pattern;
  std::unique_ptr<Pattern> pattern_;
};

}  // namespace mds
