// Numbers as people type them: 400, 1e3, 400e6, 2.5k, 400M, 200G. The letters k, M, G and T stand for powers of ten.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mds {

std::optional<double> parse_number(std::string_view text);  // finite; none where the text is not a number
// Exact; none where the text is not a number, where the number is not whole, or where it does not fit into 64 bits.
std::optional<int64_t> parse_whole(std::string_view text);

inline constexpr std::string_view whole_examples = "a whole number such as 400, 1e3, 400e6 or 400M";

}  // namespace mds
