// Repairs text as ftfy does. All characters in its tables are in the basic plane, so UTF-16 units suffice.
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "pipeline/tokenizer_text.h"

namespace mds {
namespace {

// Nested references need one pass per level, and hostile text could require thousands.
constexpr int max_passes = 16;

using Normaliser = const icu::Normalizer2* (*)(UErrorCode&);

icu::UnicodeString normal_form(Normaliser get, const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  auto result = get(status)->normalize(text, status);
  if (U_FAILURE(status)) throw std::runtime_error(std::string("ICU cannot normalise: ") + u_errorName(status));
  return result;
}

bool is_ascii_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool is_open(const std::string& text) { return text.find(';') != std::string::npos; }

// The meaning of a closed reference "&...;", or the reference itself. A name in capitals means the capital letter.
std::string meaning(const std::string& reference) {
  std::string result = unescape_html(reference);
  if (!is_open(result)) return result;
  const auto text = icu::UnicodeString::fromUTF8(reference);
  const auto& root = icu::Locale::getRoot();
  if (icu::UnicodeString(text).toUpper(root) != text) return reference;
  std::string lower;
  icu::UnicodeString(text).toLower(root).toUTF8String(lower);
  const std::string character = unescape_html(lower);
  if (is_open(character)) return reference;
  result.clear();
  icu::UnicodeString::fromUTF8(character).toUpper(root).toUTF8String(result);
  return result;
}

std::string unescape_closed(std::string_view text) {
  constexpr size_t longest = 24;  // letters and digits
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t start = i + 1 + (text.substr(i + 1).starts_with('#') ? 1 : 0);
    size_t end = start;
    if (text[i] == '&')
      while (end < text.size() && end - start < longest && is_ascii_alnum(text[end])) ++end;
    if (end == start || end == text.size() || text[end] != ';') {
      result += text[i];
    } else {
      result += meaning(std::string(text.substr(i, end + 1 - i)));
      i = end;
    }
  }
  return result;
}

const std::map<char16_t, const char16_t*>& ligatures() {
  static const std::map<char16_t, const char16_t*> table = {
      {0x132, u"IJ"},      {0x133, u"ij"},      {0x149, u"'n"},       {0x1F1, u"DZ"},  {0x1F2, u"Dz"},  {0x1F3, u"dz"},
      {0x1C4, u"D\u017D"}, {0x1C5, u"D\u017E"}, {0x1C6, u"d\u017E"},  {0x1C7, u"LJ"},  {0x1C8, u"Lj"},  {0x1C9, u"lj"},
      {0x1CA, u"NJ"},      {0x1CB, u"Nj"},      {0x1CC, u"nj"},       {0xFB00, u"ff"}, {0xFB01, u"fi"}, {0xFB02, u"fl"},
      {0xFB03, u"ffi"},    {0xFB04, u"ffl"},    {0xFB05, u"\u017Ft"}, {0xFB06, u"st"}};
  return table;
}

// C1 controls, ligatures, widths and quotes; one step may need another, so it calls the next.
void append_plain(icu::UnicodeString& out, char16_t c) {
  if (c >= 0x80 && c <= 0x9F) c = windows_1252[size_t(c - 0x80)];
  const auto ligature = ligatures().find(c);
  if (ligature != ligatures().end()) {
    out.append(icu::UnicodeString(ligature->second));
  } else if (c >= 0xFF01 && c <= 0xFFEF) {
    out.append(normal_form(icu::Normalizer2::getNFKCInstance, icu::UnicodeString(c)));
  } else if (c >= 0x201C && c <= 0x201F) {
    out.append(char16_t('"'));
  } else if (c == 0x2BC || (c >= 0x2018 && c <= 0x201B)) {
    out.append(char16_t('\''));
  } else {
    out.append(c);
  }
}

bool is_useless_control(char16_t c) {
  return c < 0x09 || c == 0x0B || (c >= 0x0E && c < 0x20) || c == 0x7F || (c >= 0x206A && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF9 && c <= 0xFFFC);
}

// The end of a terminal's escape sequence "ESC [ digits and semicolons, letter" that starts at `at`; else `at`.
int32_t end_of_escape(const icu::UnicodeString& text, int32_t at) {
  if (text[at] != 0x1B || text[at + 1] != '[') return at;
  int32_t end = at + 2;
  while (end < text.length() && (text[end] == ';' || u_isdigit(text.char32At(end)))) end = text.moveIndex32(end, 1);
  const char16_t letter = text[end] | 0x20;
  return letter >= 'a' && letter <= 'z' ? end + 1 : at;
}

icu::UnicodeString without_controls(const icu::UnicodeString& text) {
  icu::UnicodeString result;
  for (int32_t i = 0; i < text.length(); ++i) {
    const int32_t end = end_of_escape(text, i);
    if (end > i) {
      i = end - 1;
    } else if (!is_useless_control(text[i])) {
      result.append(text[i]);
    }
  }
  return result;
}

std::string repair_once(const std::string& text) {
  const auto unicode = icu::UnicodeString::fromUTF8(text);
  icu::UnicodeString plain;
  for (int32_t i = 0; i < unicode.length(); ++i) append_plain(plain, unicode[i]);
  std::string result;
  normal_form(icu::Normalizer2::getNFCInstance, without_controls(plain)).toUTF8String(result);
  return result;
}

}  // namespace

std::string repair(std::string_view text) {
  std::string result;
  bool unescape = true;
  while (!text.empty()) {
    const auto line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    text.remove_prefix(line.size());
    if (line.find('<') != std::string_view::npos) unescape = false;
    std::string before, now(line);
    for (int pass = 0; pass < max_passes && now != before; ++pass) {
      before = now;
      now = repair_once(unescape ? unescape_closed(before) : before);
    }
    result += now;
  }
  return result;
}

}  // namespace mds
