#include "data/emoji_list.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "data/utf8.h"
#include "spec/describe.h"

namespace mds {

bool is_skin_tone(char32_t c) { return c >= 0x1F3FB && c <= 0x1F3FF; }

namespace {

constexpr char32_t joiner = 0x200D, presentation = 0xFE0F;
constexpr char32_t adult = 0x1F9D1, child = 0x1F9D2, handshake = 0x1F91D, heart = 0x2764, kiss_mark = 0x1F48B;

bool is_gender_sign(char32_t c) { return c == 0x2640 || c == 0x2642; }

// A variant, and the code point that represents all of its variants.
constexpr std::array<std::pair<char32_t, char32_t>, 14> representatives = {{
    {0x1F468, adult},
    {0x1F469, adult},  // man, woman
    {0x1F466, child},
    {0x1F467, child},  // boy, girl
    {0x1F474, 0x1F9D3},
    {0x1F475, 0x1F9D3},  // old man, old woman -> older person
    {0x1F478, 0x1FAC5},
    {0x1F934, 0x1FAC5},  // princess, prince -> person with crown
    {0x1F936, 0x1F385},  // Mrs. Claus -> Santa Claus
    {0x1F57A, 0x1F483},  // man dancing -> woman dancing
    {0x1F930, 0x1FAC4},
    {0x1FAC3, 0x1FAC4},  // pregnant woman, man -> person
    {0x1F46C, 0x1F46B},
    {0x1F46D, 0x1F46B},  // men, women holding hands -> woman and man
}};

char32_t representative(char32_t c) {
  const auto it =
      std::find_if(representatives.begin(), representatives.end(), [c](const auto& pair) { return pair.first == c; });
  return it == representatives.end() ? c : it->second;
}

// Sequences of persons for which a single emoji exists too.
std::u32string joined_persons(const std::u32string& key) {
  const std::u32string person(1, adult), join(1, joiner);
  if (key == person + join + handshake + join + person) return {0x1F46B};
  if (key == person + join + heart + join + person) return {0x1F491};
  if (key == person + join + heart + join + kiss_mark + join + person) return {0x1F48F};
  if (key == person + join + std::u32string{0x1F384}) return {0x1F385};  // Mx. Claus
  if (key == std::u32string{0x1FAF1, joiner, 0x1FAF2}) return {handshake};
  const bool family = key.size() >= 3 && std::all_of(key.begin(), key.end(), [](char32_t c) {
                        return c == adult || c == child || c == joiner;
                      });
  return family ? std::u32string{0x1F46A} : key;
}

std::string between(std::string_view text, std::string_view open, std::string_view close) {
  const auto start = text.find(open);
  if (start == std::string_view::npos) return "";
  const auto stop = text.find(close, start + open.size());
  return stop == std::string_view::npos ? ""
                                        : std::string(text.substr(start + open.size(), stop - start - open.size()));
}

std::string unescaped(std::string text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> entities = {
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  for (const auto& [entity, character] : entities)
    for (size_t at = 0; (at = text.find(entity, at)) != std::string::npos; ++at)
      text.replace(at, entity.size(), 1, character);
  return text;
}

void for_each_line(std::string_view text, const auto& visit) {
  for (size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    visit(text.substr(0, end), number);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

std::u32string parse_code_points(std::string_view text) {
  std::u32string sequence;
  for (size_t at = 0; (at = text.find_first_not_of(' ', at)) != std::string_view::npos;) {
    uint32_t code = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), code, 16);
    if (error != std::errc() || code == 0 || code > 0x10FFFF) return {};
    sequence += char32_t(code);
    at = size_t(end - text.data());
  }
  return sequence;
}

}  // namespace

std::vector<Emoji> parse_emoji_test(std::string_view text, const std::string& source) {
  std::vector<Emoji> list;
  for_each_line(text, [&](std::string_view line, size_t number) {
    const auto semicolon = line.find("; fully-qualified");
    if (line.starts_with("#") || semicolon == std::string_view::npos) return;
    const auto sequence = parse_code_points(line.substr(0, semicolon));
    const auto version = line.find(" E", line.find('#'));  // "# <emoji> E1.0 grinning face"
    const auto name = version == std::string_view::npos ? version : line.find(' ', version + 1);
    if (sequence.empty() || name == std::string_view::npos)
      throw FileError(source + ":" + std::to_string(number) +
                      ": expected \"code points ; status # emoji version name\", got \"" +
                      std::string(line.substr(0, 80)) + "\"");
    list.push_back({sequence, std::string(line.substr(name + 1))});
  });
  if (list.empty()) throw FileError(source + ": lists no fully-qualified emoji");
  return list;
}

std::map<std::u32string, std::string> parse_annotations(std::string_view xml, const std::string& source) {
  std::map<std::u32string, std::string> names;
  for_each_line(xml, [&](std::string_view line, size_t) {
    if (line.find("type=\"tts\"") == std::string_view::npos) return;
    const auto sequence = decode_utf8(unescaped(between(line, "cp=\"", "\"")));
    const auto name = unescaped(between(line, "\"tts\">", "</annotation>"));
    if (!sequence.empty() && !name.empty()) names[without_presentation(sequence)] = name;
  });
  if (names.empty()) throw FileError(source + ": has no annotation of type \"tts\"");
  return names;
}

std::u32string without_presentation(const std::u32string& sequence) {
  std::u32string result = sequence;
  std::erase(result, presentation);
  return result;
}

bool has_skin_tone(const std::u32string& sequence) {
  return std::any_of(sequence.begin(), sequence.end(), is_skin_tone);
}

std::u32string variant_group(const std::u32string& sequence) {
  std::u32string key;
  for (const char32_t c : sequence) {
    if (c == presentation || is_skin_tone(c)) continue;
    if (is_gender_sign(c) && key.size() > 1 && key.back() == joiner) {
      key.pop_back();
      continue;
    }
    key += representative(c);
  }
  return joined_persons(key);
}

std::string hex_name(const std::u32string& sequence) {
  std::string name;
  for (const char32_t c : sequence) {
    char digits[9];
    const auto end = std::to_chars(digits, digits + sizeof digits, uint32_t(c), 16).ptr;
    name += (name.empty() ? "" : "-") + std::string(digits, end);
  }
  return name;
}

std::vector<std::string> choose_held_out(const std::map<std::string, int64_t>& groups, int64_t count) {
  std::map<std::string, std::string> by_hash;
  for (const auto& [key, unused] : groups) by_hash[sha256(key)] = key;
  std::vector<std::string> chosen;
  for (const auto& [hash, key] : by_hash) {
    if (groups.at(key) > count) continue;
    count -= groups.at(key);
    chosen.push_back(key);
  }
  return chosen;
}

}  // namespace mds
