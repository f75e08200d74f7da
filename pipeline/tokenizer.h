// CLIP's byte-pair tokenizer. Text is normalised, split into words, digits and punctuation, and each piece's UTF-8
// bytes are merged by rank. Ids: the 256 byte symbols, the same with </w> (end of a piece), the merges in order, SOT,
// EOT. With fewer merges the vocabulary is smaller and words fall into more pieces; nothing becomes unknown.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mds {

// How text is normalised before it is split. Both collapse white space and lower the case.
enum class TokenizerMode : uint8_t {
  hf,      // as tokenizers of transformers: Unicode NFC first
  openai,  // as openai/CLIP without ftfy's repairs: HTML character references replaced, twice
};

class Tokenizer {
 public:
  static constexpr int64_t clip_merges = 48894;

  // merges_text: one merge of two symbols a line; a first line "#version..." or of CLIP's original file is skipped, and
  // lines after the first `merges` are not read. ConfigError names the line that is no merge, or how many there are.
  explicit Tokenizer(std::string_view merges_text, int64_t merges = clip_merges,
                     TokenizerMode mode = TokenizerMode::hf);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  int64_t vocabulary() const { return eot() + 1; }
  int64_t sot() const;
  int64_t eot() const { return sot() + 1; }

  // Ids without SOT and EOT; bytes that are not UTF-8 become U+FFFD. Safe to call from many threads.
  std::vector<int64_t> encode(std::string_view text) const;

  // SOT, ids, EOT, then `pad` up to `context` ids; a text that is too long is cut, with EOT last. context is at
  // least 2.
  std::vector<int64_t> encode_padded(std::string_view text, int64_t context, int64_t pad) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mds
