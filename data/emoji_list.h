// The list of emoji, their names, and which are variants of one another; without LibTorch and pictures. Lists come from
// Unicode's emoji-test.txt, names from CLDR's English annotations (`type="tts"`).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mds {

struct Emoji {
  std::u32string sequence;  // as fonts expect it, with its variation selectors
  std::string name;         // "taco"
};

// Every fully-qualified line of emoji-test.txt in order; `name` is the file's short name. FileError names the line.
std::vector<Emoji> parse_emoji_test(std::string_view text, const std::string& source);

// Sequence without U+FE0F -> spoken name, from the text of a CLDR annotations file.
std::map<std::u32string, std::string> parse_annotations(std::string_view xml, const std::string& source);

std::u32string without_presentation(const std::u32string& sequence);  // drops U+FE0F
bool is_skin_tone(char32_t c);                                        // U+1F3FB to U+1F3FF, light to dark
bool has_skin_tone(const std::u32string& sequence);

// One key for all variants of an emoji: skin tones and gender signs are dropped; man, woman and person, boy, girl and
// child, prince and princess ... count as one; so do all couples of a kind, and all families.
std::u32string variant_group(const std::u32string& sequence);

std::string hex_name(const std::u32string& sequence);  // "1f468-200d-1f3ed"

// Chooses whole groups (key -> members) by rising SHA-256 of the key, as long as they fit into `count` members.
std::vector<std::string> choose_held_out(const std::map<std::string, int64_t>& groups, int64_t count);

}  // namespace mds
