// Normalises and splits text for CLIP's tokenizer. Text is UTF-8 in and out.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/tokenizer.h"

namespace mds {

// The result is valid UTF-8 for any input, and its only white space is single U+0020 between other characters.
std::string normalise(std::string_view text, TokenizerMode mode);

void append_utf8(std::string& out, char32_t c);

// What the bytes 0x80 to 0x9F mean in Windows-1252; the bytes without a meaning there stand for themselves.
extern const std::array<char16_t, 32> windows_1252;

// Replaces HTML character references as Python's html.unescape does, for numbers, for the names of HTML 4 and apos,
// AMP, COPY, GT, LT, QUOT, REG and TRADE; the other names of HTML 5 stay as they are.
std::string unescape_html(std::string_view text);

// Repairs text as ftfy.fix_text 6 does, line by line, until nothing changes or 16 times:
//   repair            here
//   unescape_html     names of HTML 4, closed by a semicolon, also in capitals; none from a line with "<" on
//   fix_encoding      not implemented: text decoded with the wrong encoding stays as it is, but for its C1 controls
//   fix_c1_controls, fix_latin_ligatures, fix_character_width, uncurl_quotes, remove_terminal_escapes,
//   remove_control_chars, normalization (NFC)     as ftfy does
//   fix_line_breaks   nothing to do, as white space is collapsed afterwards
//   fix_surrogates    nothing to do: surrogates are no UTF-8, and each of their bytes becomes U+FFFD
std::string repair(std::string_view text);

// Splits normalised text into contractions, runs of letters, single digits and runs of other characters. The special
// tokens <|startoftext|> and <|endoftext|> are separate pieces: in the hf mode everywhere, and so is "!" where it is
// the pad; in the openai mode only where no run of other characters has begun. The text must be normalised.
class Splitter {
 public:
  Splitter(TokenizerMode mode, bool pads_with_exclamation_mark);
  Splitter(Splitter&&) noexcept;
  ~Splitter();
  std::vector<std::string_view> split(std::string_view text) const;

 private:
  struct Pattern;
  std::unique_ptr<Pattern> pattern_;
};

}  // namespace mds
