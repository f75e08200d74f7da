// Reads members of zip archives, and gzip files, with libarchive.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace mds {

constexpr int64_t max_member_bytes = int64_t(1) << 28;
constexpr int64_t max_zip_bytes = int64_t(1) << 30, max_zip_members = 1'000'000;

// Name -> bytes of the members that `wanted` accepts. FileError if the file is not a zip archive, is broken, or has a
// wanted member of more than max_member_bytes, or wanted members of more than max_zip_bytes.
std::map<std::string, std::string> read_zip(const std::string& file,
                                            const std::function<bool(const std::string&)>& wanted);

std::string read_gzip(const std::string& file);  // the same errors

}  // namespace mds
