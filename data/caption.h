// Rules that captions of every source share.
#pragma once

#include <string>

namespace mds {

// Why a caption cannot be used; empty for most.
std::string unusable_caption(const std::string& caption);

// "Wooden table" begins in lower case as CLDR's names do; "TV set" and "F-22" stay.
std::string uncapitalised(std::string text);

// "water_bottle2", "screwDriver3" and "long-nosed" of a file's name: words apart, in lower case, without numbers.
std::string caption_of_file(const std::string& path);

}  // namespace mds
