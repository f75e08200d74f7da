// UTF-8 to code points. Every broken byte becomes U+FFFD; overlong forms, surrogates and code points above U+10FFFF are
// broken too.
#pragma once

#include <string>
#include <string_view>

namespace mds {

std::u32string decode_utf8(std::string_view text);
bool is_utf8(std::string_view text);

// The text with the letters A to Z in lower case; others stay.
std::string lower_case(std::string text);

// Removes white space around a text, and the byte order mark that some editors write.
std::string trimmed(std::string text);

// Replaces every `from`, which is not empty, from left to right; what was put in is not searched again.
void replace_all(std::string& text, std::string_view from, std::string_view to);

}  // namespace mds
