#include "app/flag_words.h"

#include <algorithm>

namespace mds {

std::string with_flags(const std::string& message) {
  const auto is_field = [](const std::string& word) {
    return !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == word.npos;
  };
  std::string text;
  for (size_t at = 0; at < message.size();) {
    const size_t open = message.find('`', at), close = open == message.npos ? open : message.find('`', open + 1);
    text += message.substr(at, open - at);
    if (open == message.npos) break;
    if (close == message.npos) return text + message.substr(open);
    std::string word = message.substr(open + 1, close - open - 1);
    if (is_field(word)) {
      std::ranges::replace(word, '_', '-');
      text += "--" + word;
    } else {
      text += message.substr(open, close + 1 - open);
    }
    at = close + 1;
  }
  return text;
}

}  // namespace mds
