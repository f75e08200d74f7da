// Rules for the captions of all sources.
#pragma once

#include <string>

namespace mds {

// The reason why a caption cannot be used; empty where it can.
std::string unusable_caption(const std::string& caption);

// "Wooden table" gets a lower-case first letter, as in CLDR's names; "TV set" and "F-22" stay as they are.
std::string uncapitalised(std::string text);

// Splits "water_bottle2", "screwDriver3" and "long-nosed" of a file's name into words: lower case, without numbers.
std::string caption_of_file(const std::string& path);

}  // namespace mds
