#include "spec/number.h"

#include <charconv>
#include <cmath>
#include <string>

namespace mds {
namespace {

// digits * 10^exponent, with the sign of the digits.
struct Decimal {
  std::string sign, digits;
  int exponent = 0;
};

std::string_view taken_digits(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

bool takes(std::string_view& text, std::string_view letters) {
  if (text.empty() || letters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// The exponent after an "e"; none where it has no digits or too many.
std::optional<int> taken_exponent(std::string_view& text) {
  const bool negative = text.starts_with('-');
  takes(text, "+-");
  const auto digits = taken_digits(text);
  int value = 0;
  if (digits.empty() || digits.size() > 4) return {};
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return negative ? -value : value;
}

std::optional<Decimal> decimal_of(std::string_view text) {
  Decimal decimal;
  if (text.starts_with('-')) decimal.sign = "-";
  takes(text, "+-");
  decimal.digits = taken_digits(text);
  if (takes(text, ".")) {
    const auto fraction = taken_digits(text);
    decimal.digits += fraction;
    decimal.exponent = -int(fraction.size());
  }
  if (decimal.digits.empty()) return {};
  if (takes(text, "eE")) {
    const auto exponent = taken_exponent(text);
    if (!exponent) return {};
    decimal.exponent += *exponent;
  }
  int thousands = 0;
  for (const std::string_view letters : {"kK", "M", "G", "T"}) {
    ++thousands;
    if (takes(text, letters)) {
      decimal.exponent += 3 * thousands;
      break;
    }
  }
  return text.empty() ? std::optional(decimal) : std::nullopt;
}

template <class T>
std::optional<T> read(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  const auto decimal = decimal_of(text);
  if (!decimal) return {};
  return read<double>(decimal->sign + decimal->digits + "e" + std::to_string(decimal->exponent));
}

std::optional<int64_t> parse_whole(std::string_view text) {
  auto decimal = decimal_of(text);
  if (!decimal) return {};
  auto& [sign, digits, exponent] = *decimal;
  for (; exponent < 0 && digits.size() > 1 && digits.ends_with('0'); ++exponent) digits.pop_back();
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits == "0") return 0;
  if (exponent < 0 || exponent > 18) return {};
  return read<int64_t>(sign + digits + std::string(size_t(exponent), '0'));
}

}  // namespace mds
