// UTF-8 to code points. Broken bytes become U+FFFD, one each: overlong forms, surrogates and what lies above U+10FFFF
// are broken too.
#pragma once

#include <string>
#include <string_view>

namespace mds {

std::u32string decode_utf8(std::string_view text);
bool is_utf8(std::string_view text);

// Without white space around it, and without the byte order mark that some editors write.
std::string trimmed(std::string text);

}  // namespace mds
