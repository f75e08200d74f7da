#include "data/caption.h"

#include <algorithm>
#include <filesystem>

namespace mds {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char lower(char c) { return is_upper(c) ? char(c + 32) : c; }

}  // namespace

std::string unusable_caption(const std::string& caption) {
  if (std::count_if(caption.begin(), caption.end(), is_lower) < 3 || caption == "icon") return "no caption";
  if (std::count(caption.begin(), caption.end(), ' ') >= 12) return "a caption of more than 12 words";
  if (std::any_of(caption.begin(), caption.end(), [](char c) { return c & 0x80; }))
    return "a caption that is not plain English letters";
  return "";
}

std::string uncapitalised(std::string text) {
  if (!text.empty() && (text.size() == 1 || text[1] == ' ' || is_lower(text[1]))) text[0] = lower(text[0]);
  return text;
}

std::string caption_of_file(const std::string& path) {
  std::string caption;
  for (const char c : std::filesystem::path(path).stem().string()) {
    const bool begins_word = is_upper(c) && !caption.empty() && is_lower(caption.back());
    const bool separates = c == '_' || c == ' ' || (c >= '0' && c <= '9');
    if ((begins_word || separates) && !caption.empty() && caption.back() != ' ') caption += ' ';
    if (!separates) caption += lower(c);
  }
  while (!caption.empty() && caption.back() == ' ') caption.pop_back();
  return caption;
}

}  // namespace mds
