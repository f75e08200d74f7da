// Mutations of an input: of bits, bytes, ranges, numbers and words, and crossovers of two seeds.
#include <algorithm>
#include <array>

#include "spec/bootstrap.h"
#include "tests/fuzz/fuzz.h"

namespace mds::fuzz {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<uint64_t, 14> odd_numbers{
    0, 1, 2, 7, 127, 255, 65535, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32, 1ull << 62, ~0ull >> 1, ~0ull};
const Words odd_texts{"-1",
                      "0",
                      "1e308",
                      "1e400",
                      "18446744073709551616",
                      "-9223372036854775808",
                      "0.5",
                      "null",
                      "\"\"",
                      "[]",
                      "{}",
                      "true",
                      "\\u0000",
                      "\\ud800",
                      "../",
                      "/",
                      "\xff",
                      "\xc3",
                      "\n",
                      "\0",
                      "\x1b[31m",
                      "[[[[[[[[[[[[[[[[",
                      "%s%n",
                      "\xf0\x9f\x98\x80",
                      "\xef\xbb\xbf",
                      "\xe2\x80\xae",
                      "999999999"};

class Mutation {
 public:
  Mutation(const Target& target, std::string& input, Random& random)
      : target_(target), input_(input), random_(random) {}

  void apply() {
    const size_t at = below(input_.size() + 1), length = std::min(input_.size() - at, 1 + below(below(2) ? 8 : 200));
    switch (below(12)) {
      case 0:
        if (at < input_.size()) input_[at] = char(input_[at] ^ (1 << below(8)));
        return;
      case 1:
        if (at < input_.size()) input_[at] = char(below(256));
        return;
      case 2:
        return void(input_.erase(at, length));
      case 3:
        return void(input_.insert(below(input_.size() + 1), input_.substr(at, length)));
      case 4:
        if (below(4) == 0) input_.resize(at);
        return;
      case 5:
        return void(input_.insert(at, word()));
      case 6:
        return void(input_.replace(at, length, word()));
      case 7:
        return repeat(at);
      case 8:
        return overwrite_number(at);
      case 9:
      case 10:
        return replace_digits(at);
      default:
        return cross(at);
    }
  }

 private:
  size_t below(size_t n) { return size_t(random_.below(int64_t(std::max<size_t>(n, 1)))); }
  const std::string& word() {
    const Words& words = target_.tokens.empty() || below(3) == 0 ? odd_texts : target_.tokens;
    return words[below(words.size())];
  }

  void repeat(size_t at) {
    const std::string once = below(2) ? word() : input_.substr(at, 1 + below(40));
    std::string many;
    for (size_t n = size_t(1) << below(below(8) ? 5 : 12); n > 0; --n) many += once;
    input_.insert(at, many);
  }

  void overwrite_number(size_t at) {
    const size_t bytes = size_t(1) << below(4);
    uint64_t number = odd_numbers[below(odd_numbers.size())];
    if (below(2)) number = input_.size() + below(16) - 8;
    const bool big_endian = below(2);
    for (size_t i = 0; i < bytes && at + i < input_.size(); ++i)
      input_[at + i] = char(number >> 8 * std::min<size_t>(big_endian ? bytes - 1 - i : i, 7));
  }

  // The next number in text becomes another, near or far.
  void replace_digits(size_t at) {
    const char* const digits = "0123456789";
    const size_t begin = input_.find_first_of(digits, at);
    if (begin == std::string::npos) return;
    const size_t end = std::min(input_.find_first_not_of(digits, begin), std::min(input_.size(), begin + 18));
    const int64_t value = std::stoll(input_.substr(begin, end - begin));
    const std::array<int64_t, 5> near{value + 1, value - 1, value * 2, value / 2, -value};
    input_.replace(begin, end - begin, below(3) ? std::to_string(near[below(near.size())]) : word());
  }

  void cross(size_t at) {
    const std::string& other = target_.seeds[below(target_.seeds.size())];
    const size_t from = below(other.size() + 1);
    if (below(2))
      input_ = input_.substr(0, at) + other.substr(from);
    else
      input_.insert(at, other.substr(from, 1 + below(300)));
  }

  const Target& target_;
  std::string& input_;
  Random& random_;
};

}  // namespace

std::string mutated(const Target& target, uint64_t seed, int64_t number) {
  Random random(seed * 0x9e3779b97f4a7c15u + uint64_t(number));
  std::string input = target.seeds[size_t(random.below(int64_t(target.seeds.size())))];
  for (int64_t n = int64_t(1) << random.below(4); n > 0; --n) Mutation(target, input, random).apply();
  if (target.repair && random.below(4)) target.repair(input);
  return input;
}

}  // namespace mds::fuzz
