#include "app/flag_values.h"

#include <algorithm>

#include "spec/nearest.h"

namespace mds {
namespace {

// Boost replaces %canonical_option% with the name of the flag.
[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw po::error_with_option_name("%canonical_option% is " + (parse_number(text) ? text : "\"" + text + "\"") + why);
}

std::string allowed(const Range& range) {
  const std::string text = to_string(range);
  return text.empty() ? "; allowed: numbers that 64 bits hold" : "; allowed: " + text;
}

}  // namespace

int64_t whole_of_flag(const std::string& text, const Range& range) {
  const auto any = parse_number(text);
  const auto whole = parse_whole(text);
  if (any && !(*any >= range.low && *any <= range.high)) refuse(text, allowed(range));
  if (whole) return *whole;
  const bool too_large = any && std::abs(*any) >= 9e18;
  refuse(text, too_large ? allowed(range) : "; expected " + std::string(whole_examples));
}

double number_of_flag(const std::string& text, const Range& range) {
  const auto number = parse_number(text);
  if (!number) refuse(text, "; expected a number such as 200, 1e-4 or 1.5M");
  if (!(*number >= range.low && *number <= range.high)) refuse(text, allowed(range));
  return *number;
}

std::string name_of_flag(const std::string& text, const std::vector<std::string>& names) {
  if (std::ranges::find(names, text) == names.end()) refuse(text, offer(text, names, "allowed"));
  return text;
}

po::typed_value<std::string>* one_of(std::string* target, std::vector<std::string> names) {
  return (new NameValue(target, std::move(names)))->value_name("NAME");
}

}  // namespace mds
