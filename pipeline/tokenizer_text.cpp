#include "pipeline/tokenizer_text.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <stdexcept>

namespace mds {
namespace {

// Python includes U+001C to U+001F too, but ftfy has removed them before.
bool is_space(UChar32 c) { return u_isUWhiteSpace(c); }

icu::UnicodeString collapse_spaces(const icu::UnicodeString& text) {
  icu::UnicodeString result;
  bool pending = false;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    if (is_space(c)) {
      pending = !result.isEmpty();
      continue;
    }
    if (pending) result.append(UChar32(' '));
    pending = false;
    result.append(c);
  }
  return result;
}

icu::UnicodeString compose(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* nfc = icu::Normalizer2::getNFCInstance(status);
  auto result = nfc->normalize(text, status);
  if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU cannot normalise: ") + u_errorName(status));
  return result;
}

// One character at a time, as Rust does; Python lowers a final Greek sigma by its context.
icu::UnicodeString lower_each(const icu::UnicodeString& text) {
  icu::UnicodeString result;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1))
    result.append(icu::UnicodeString(text.char32At(i)).toLower(icu::Locale::getRoot()));
  return result;
}

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (c & 0x80) return false;
  return true;
}

std::string normalise_ascii(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_space(c)) {
      if (!result.empty() && result.back() != ' ') result += ' ';
    } else {
      result += c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    }
  }
  if (result.ends_with(' ')) result.pop_back();
  return result;
}

}  // namespace

std::string normalise(std::string_view text, TokenizerMode mode) {
  const std::string plain =
      mode == TokenizerMode::openai ? unescape_html(unescape_html(repair(text))) : std::string(text);
  if (is_ascii(plain)) return normalise_ascii(plain);
  auto unicode = icu::UnicodeString::fromUTF8(plain);
  if (mode == TokenizerMode::hf) {
    unicode = lower_each(collapse_spaces(compose(unicode)));
  } else {
    unicode = collapse_spaces(unicode).toLower(icu::Locale::getRoot());
  }
  std::string result;
  unicode.toUTF8String(result);
  return result;
}

struct Splitter::Pattern {
  pcre2_code* code = nullptr;
  ~Pattern() { pcre2_code_free(code); }
};

Splitter::Splitter(TokenizerMode mode, bool pads_with_exclamation_mark) : pattern_(std::make_unique<Pattern>()) {
  const bool hf = mode == TokenizerMode::hf;
  std::string special = R"(<\|startoftext\|>|<\|endoftext\|>)";
  if (hf && pads_with_exclamation_mark) special += "|!";
  // Not \s, which is more than white space in PCRE2. The caseless reference excludes U+0345: its capital is a letter.
  const std::string other = hf ? R"([^ \p{L}\p{N}])" : R"([^ \p{L}\p{N}\x{345}])";
  const std::string pattern = special + R"(|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|)" +
                              (hf ? "(?:(?!" + special + ")" + other + ")++" : other + "+");
  int error = 0;
  PCRE2_SIZE offset = 0;
  const uint32_t options = PCRE2_UTF | PCRE2_UCP | (hf ? 0 : PCRE2_CASELESS);
  pattern_->code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error, &offset, nullptr);
  if (!pattern_->code) throw std::logic_error("the tokenizer's pattern does not compile");
  pcre2_jit_compile(pattern_->code, PCRE2_JIT_COMPLETE);  // where there is no JIT, matching is only slower
}

Splitter::Splitter(Splitter&&) noexcept = default;
Splitter::~Splitter() = default;

std::vector<std::string_view> Splitter::split(std::string_view text) const {
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
      pcre2_match_data_create_from_pattern(pattern_->code, nullptr), pcre2_match_data_free);
  std::vector<std::string_view> pieces;
  for (PCRE2_SIZE at = 0; at < text.size();) {
    // NO_UTF_CHECK: otherwise each call would check the rest of the text again.
    const int found = pcre2_match(pattern_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                                  PCRE2_NO_UTF_CHECK, match.get(), nullptr);
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found < 0) throw std::runtime_error("the tokenizer's pattern failed with PCRE2 error " + std::to_string(found));
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(match.get());
    pieces.push_back(text.substr(range[0], range[1] - range[0]));
    at = range[1];
  }
  return pieces;
}

}  // namespace mds
