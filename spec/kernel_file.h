// Small files of text by which the kernel and the distribution say what a machine is: /proc, /sys, /etc/os-release.
#pragma once

#include <filesystem>
#include <string>

namespace mds {

std::string text_of(const std::filesystem::path& file);  // empty where it cannot be read

// The value of the first line "key<separator>value" of a text, without white space and quotes around it; empty where
// there is none.
std::string value_in(const std::string& text, const std::string& key, char separator);

}  // namespace mds
