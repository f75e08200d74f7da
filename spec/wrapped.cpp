#include "spec/wrapped.h"

#include <sstream>

namespace mds {

std::string wrapped(const std::string& text, size_t indent, size_t width) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!result.empty()) result += "\n" + std::string(indent, ' ');
    std::istringstream words(line);
    size_t used = 0;
    for (std::string word; words >> word; used += word.size() + 1) {
      const bool breaks = used > 0 && used + word.size() > width;
      if (breaks) used = 0;
      result += (breaks ? "\n" + std::string(indent, ' ') : used > 0 ? " " : "") + word;
    }
  }
  return result;
}

}  // namespace mds
