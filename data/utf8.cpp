#include "data/utf8.h"

#include <array>

namespace mds {
namespace {

// How many bytes the character at the beginning of a text has; 0 if these bytes are not a character.
size_t read_character(std::string_view text, char32_t& c) {
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};  // by length: below it, a shorter form exists
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
  if (length == 0 || length > text.size()) return 0;
  c = length == 1 ? lead : lead & (0x7FU >> length);
  for (const char next : text.substr(1, length - 1)) {
    if ((next & 0xC0) != 0x80) return 0;
    c = c << 6 | (next & 0x3F);
  }
  const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
  return c >= least[length] && c <= 0x10FFFF && !surrogate ? length : 0;
}

}  // namespace

std::u32string decode_utf8(std::string_view text) {
  std::u32string result;
  while (!text.empty()) {
    char32_t c = 0;
    const size_t length = read_character(text, c);
    result += length > 0 ? c : U'\uFFFD';
    text.remove_prefix(length > 0 ? length : 1);
  }
  return result;
}

bool is_utf8(std::string_view text) {
  char32_t c = 0;
  for (size_t length = 1; length > 0 && !text.empty(); text.remove_prefix(length)) length = read_character(text, c);
  return text.empty();
}

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
  return text;
}

std::string trimmed(std::string text) {
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace mds
