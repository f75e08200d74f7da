#include "spec/printable.h"

#include <algorithm>
#include <cstdint>

namespace mds {
namespace {

// How many bytes the UTF-8 character at `at` has; 0 where the text is not UTF-8 there.
size_t letter_bytes(const std::string& text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(at);
  const size_t count = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : 4;
  if (first >= 0x80 && (first < 0xc2 || first > 0xf4)) return 0;
  for (size_t i = 1; i < count; ++i)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  const bool overlong = (first == 0xe0 && byte(at + 1) < 0xa0) || (first == 0xf0 && byte(at + 1) < 0x90);
  const bool beyond = (first == 0xed && byte(at + 1) > 0x9f) || (first == 0xf4 && byte(at + 1) > 0x8f);
  return overlong || beyond ? 0 : count;
}

bool is_obeyed(const std::string& letter) {
  const auto first = static_cast<unsigned char>(letter[0]);
  if (letter.size() == 1) return (first < ' ' && first != '\n') || first == 0x7f;
  if (letter.size() == 2) return letter < "\xc2\xa0";
  return (letter >= "\xe2\x80\xaa" && letter <= "\xe2\x80\xae") ||
         (letter >= "\xe2\x81\xa6" && letter <= "\xe2\x81\xa9");
}

}  // namespace

std::string printable(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = letter_bytes(text, at);
    const std::string letter = text.substr(at, std::max<size_t>(bytes, 1));
    out += bytes == 0 ? "?" : is_obeyed(letter) ? " " : letter;
    at += letter.size();
  }
  return out;
}

std::string one_line(const std::string& text) {
  std::string line = printable(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace mds
