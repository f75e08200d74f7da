#include "data/openclipart_caption.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include "data/utf8.h"

namespace mds {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string element(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">", close = "</" + std::string(name) + ">";
  const auto start = xml.find(open);
  const auto stop = start == std::string_view::npos ? start : xml.find(close, start);
  if (stop == std::string_view::npos) return "";
  std::string text(xml.substr(start + open.size(), stop - start - open.size()));
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> entities = {
      {{"&apos;", "'"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}}};
  for (const auto& [entity, character] : entities) replace_all(text, entity, character);
  return text;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (is_letter(c) || is_digit(c) || c == '\'' || c == '&' || (c & 0x80)) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// "Clipart by Nicu Buculei - hat" and "hat - clothing" both mean "hat"; for a flag "France - Anjou" is kept whole.
std::string subject_of(const std::string& title, bool is_flag) {
  const auto dash = title.find(" - ");
  if (dash == std::string::npos) return title;
  if (title.starts_with("clipart by ")) return title.substr(dash + 3);
  return is_flag ? title : title.substr(0, dash);
}

// Whether a word of a file's name is the creator's name, perhaps shortened: "camel_head_nicu_bucu_01".
bool names_creator(const std::string& word, const std::vector<std::string>& creator) {
  return word.size() >= 3 &&
         std::any_of(creator.begin(), creator.end(), [&](const std::string& name) { return name.starts_with(word); });
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Empty for a word without meaning: a number, a single letter, the creator's name or a collection's.
std::string cleaned(std::string word, const std::vector<std::string>& creator) {
  constexpr std::array<std::string_view, 9> collections = {"aiga", "openclipart", "clipart", "svg",    "ganson",
                                                           "md",   "historic",    "gnome",   "plastik"};
  if (is_digit(word.front())) return "";
  while (is_digit(word.back())) word.pop_back();
  if (word == "bw" || word == "bwh") return "black and white";
  const bool single = word.size() == 1 && word != "a" && word != "&";
  const bool collection = std::find(collections.begin(), collections.end(), word) != collections.end();
  return single || collection || names_creator(word, creator) ? "" : word;
}

std::string clean(const std::string& text, const std::vector<std::string>& creator) {
  std::vector<std::string> words;
  for (const auto& word : words_of(text))
    if (auto kept = cleaned(word, creator); !kept.empty()) words.push_back(std::move(kept));
  while (!words.empty() && (words.back() == "a" || words.back() == "&")) words.pop_back();
  return joined(words);
}

}  // namespace

ClipartText parse_clipart(std::string_view svg, const std::string& path) {
  const auto start = svg.find("<cc:Work");
  if (start == std::string_view::npos) return {path, "", ""};
  const auto work = svg.substr(start, svg.find("</cc:Work>", start) - start);
  const auto agent = work.find("<cc:Agent");
  ClipartText text{path, element(work.substr(0, agent), "dc:title"), ""};
  if (const auto creator = work.find("<dc:creator"); creator != std::string_view::npos)
    text.creator = element(work.substr(creator), "dc:title");
  return text;
}

std::string clipart_caption(const ClipartText& text, const std::map<std::string, int64_t>& titles) {
  const auto count = titles.find(text.title);
  const bool batch = text.title.empty() || (count != titles.end() && count->second > 2);
  std::string subject = lower_case(batch ? std::filesystem::path(text.path).stem().string() : text.title);
  replace_all(subject, "_", " ");
  replace_all(subject, "(b and w)", "bw");
  const auto creator = batch ? words_of(lower_case(text.creator)) : std::vector<std::string>();
  const bool is_flag = text.path.find("/flags/") != std::string::npos;
  std::string caption = clean(subject_of(subject, is_flag), creator);
  if (is_flag && !caption.empty() && caption.find("flag") == std::string::npos) caption = "flag of " + caption;
  return caption;
}

std::string unusable_folder(const std::string& path) {
  const auto within = [&](std::string_view folder) { return path.starts_with(folder); };
  if (within("shapes/stars/") || within("special/")) return "a shape or pattern made by a script";
  if (within("computer/icons/") && path.find("-theme/") != std::string::npos) return "an icon of a theme";
  if (within("recreation/games/cards/")) return "a playing card";
  if (within("unsorted/")) return "unsorted";
  return "";
}

}  // namespace mds
