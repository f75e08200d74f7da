#include "spec/kernel_file.h"

#include <fstream>
#include <iterator>
#include <sstream>

namespace mds {
namespace {

std::string unquoted(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\"");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\"") + 1 - first);
}

}  // namespace

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string value_in(const std::string& text, const std::string& key, char separator) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto split = line.find(separator);
    if (split != std::string::npos && unquoted(line.substr(0, split)) == key) return unquoted(line.substr(split + 1));
  }
  return "";
}

}  // namespace mds
