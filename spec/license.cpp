#include "spec/license.h"

#include <algorithm>

#include "spec/listed.h"

namespace mds {
namespace {

constexpr size_t most_listed = 8;
constexpr std::string_view separator = "; ";

}  // namespace

std::string joined_licenses(const std::vector<std::string>& licenses) {
  std::vector<std::string> distinct;
  const auto add = [&](const std::string& license) {
    const std::string stated = license.empty() ? unknown_license : license;
    if (std::ranges::find(distinct, stated) == distinct.end()) distinct.push_back(stated);
  };
  for (const auto& text : licenses) {
    size_t begin = 0;
    for (size_t end; (end = text.find(separator, begin)) != text.npos; begin = end + separator.size())
      add(text.substr(begin, end - begin));
    add(text.substr(begin));
  }
  if (distinct.size() > most_listed) {
    const std::string others = std::to_string(distinct.size() - most_listed) + " others";
    distinct.resize(most_listed);
    distinct.push_back(others);
  }
  return listed(distinct, [](const std::string& text) { return text; }, std::string(separator));
}

}  // namespace mds
