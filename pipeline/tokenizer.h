// CLIP's byte-pair tokenizer. Text is normalised, split into words, digits and punctuation, and the UTF-8 bytes of each
// piece are merged by rank. Ids: the 256 byte symbols, the same with </w> (end of a piece), the merges in order, SOT,
// EOT. With fewer merges the vocabulary is smaller and words need more pieces; no text is unknown.
//
// Bytes that are not UTF-8 become U+FFFD, one for each longest valid beginning of a character, as in Python. What is a
// letter, a digit or a case depends on the Unicode versions of the installed ICU and PCRE2.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/describe.h"

namespace mds {

// The two reference implementations. Both collapse white space and convert to lower case.
//   hf      the CLIPTokenizer of transformers 5 (CLIPTokenizerFast before), which feeds the UNets of SD pipelines: NFC;
//           lower case character by character; the special tokens, in any case, and the pad token are found before the
//           text is split. Its NFC is older than ours: it does not reorder 98 combining marks of Unicode 10 and later.
//   openai  openai/CLIP and open_clip, which scores are defined with: ftfy's repairs (tokenizer_text.h lists which),
//           HTML character references replaced twice, a final sigma, contractions in any case.
enum class TokenizerMode : uint8_t { hf, openai };
template <>
struct EnumNames<TokenizerMode> {
  static constexpr std::array names{"hf", "openai"};
};

struct TokenizerConfig {
  int64_t merges = 48894;
  int64_t pad = -1;
  TokenizerMode mode = TokenizerMode::hf;
  bool operator==(const TokenizerConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("merges", self.merges, "byte-pair merges read from merges.txt, which fix the vocabulary", between(0, 48894));
    field("pad", self.pad, "token id that stands behind the end of a text; -1: the end token's own", at_least(-1));
    field("mode", self.mode, "library whose ids these are: hf (transformers) or openai (openai/CLIP)", later());
  }
};

// What is lost of a text that is longer than its context.
struct Truncation {
  int64_t tokens = 0;  // in the whole text, without SOT and EOT
  int64_t kept = 0;    // how many of them are kept, from the beginning
  std::string cut;     // the normalised text from the first piece that is not kept completely
};
std::string to_string(const Truncation& truncation);  // one line; a long `cut` is shortened

class Tokenizer {
 public:
  // merges_text: one merge of two symbols per line. A first line "#version..." or that of CLIP's original file is
  // skipped; lines after the first `config.merges` merges are ignored. ConfigError names a line that is not a merge, or
  // the number of merges.
  explicit Tokenizer(std::string_view merges_text, const TokenizerConfig& config = {});
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  int64_t vocabulary() const { return eot() + 1; }
  int64_t sot() const;
  int64_t eot() const { return sot() + 1; }

  // Ids without SOT and EOT; any bytes are a text. Safe to call from many threads. Takes n log n for a text of n bytes.
  std::vector<int64_t> encode(std::string_view text) const;

  // SOT, ids, EOT, then pads up to `context` ids; a text that is too long is cut, with EOT last. ConfigError where
  // context is less than 2. A text ends at its first EOT, so a literal <|endoftext|> in it ends it there. Pads of the
  // references: EOT for SD and for SD-XL's first encoder; 0 for SD-XL's second, where transformers makes "!" itself the
  // special token 0 (so does the hf mode with pad 0), and for openai/CLIP and open_clip.
  std::vector<int64_t> encode_padded(std::string_view text, int64_t context) const;

  // What encode_padded cuts, if anything.
  std::optional<Truncation> truncation(std::string_view text, int64_t context) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mds
