#include "data/utf8.h"

namespace mds {

std::u32string decode_utf8(std::string_view text) {
  std::u32string result;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    char32_t c = length <= 1 ? lead : lead & (0x7FU >> length);
    bool valid = length > 0 && i + length <= text.size();
    for (size_t k = 1; valid && k < length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      valid = (byte & 0xC0) == 0x80;
      c = c << 6 | (byte & 0x3F);
    }
    result += valid ? c : U'\uFFFD';
    i += valid ? length : 1;
  }
  return result;
}

}  // namespace mds
