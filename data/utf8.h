// UTF-8 to code points. Broken bytes become U+FFFD, one each.
#pragma once

#include <string>
#include <string_view>

namespace mds {

std::u32string decode_utf8(std::string_view text);

}  // namespace mds
