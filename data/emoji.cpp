#include "data/emoji.h"

#include <memory>
#include <set>

#include "data/emoji_font.h"
#include "data/emoji_list.h"
#include "data/emoji_tones.h"

namespace mds {
namespace {

// National flags and "flag in hole". The rainbow, pirate and chequered flags count as things, so they are kept.
bool is_flag(const Emoji& emoji) { return emoji.name.starts_with("flag"); }

bool in_base_set(const Emoji& emoji) { return !has_skin_tone(emoji.sequence) && !is_flag(emoji); }

bool wanted(const Emoji& emoji, const EmojiOptions& options) {
  return (options.skin_tones || !has_skin_tone(emoji.sequence)) && (options.flags || !is_flag(emoji));
}

// Every emoji with its CLDR name. Emoji newer than the installed CLDR keep the short name of emoji-test.txt, which is
// CLDR's name of that year; other_names counts them.
std::vector<Emoji> named_emoji(const EmojiOptions& options, int64_t& other_names) {
  require({{options.font, "fonts-noto-color-emoji"},
           {options.emoji_test, "unicode-data"},
           {options.annotations, "unicode-cldr-core"},
           {options.annotations_derived, "unicode-cldr-core"}});
  auto names = parse_annotations(load_bytes(options.annotations), options.annotations);
  names.merge(parse_annotations(load_bytes(options.annotations_derived), options.annotations_derived));
  auto list = parse_emoji_test(load_bytes(options.emoji_test), options.emoji_test);
  for (auto& emoji : list) {
    const auto name = names.find(without_presentation(emoji.sequence));
    if (name != names.end()) emoji.name = name->second;
    other_names += name == names.end();
  }
  return list;
}

// Always chosen from the set without tones and flags, so that both data sets hold out the same groups.
std::set<std::string> held_out_groups(const std::vector<Emoji>& list, int64_t count) {
  std::map<std::string, int64_t> groups;
  for (const auto& emoji : list)
    if (in_base_set(emoji)) ++groups[hex_name(variant_group(emoji.sequence))];
  const auto chosen = choose_held_out(groups, count);
  return {chosen.begin(), chosen.end()};
}

CollectedPair candidate(const Emoji& emoji, const std::shared_ptr<EmojiFont>& font) {
  const std::string id = hex_name(without_presentation(emoji.sequence));
  const auto draw = [sequence = emoji.sequence, font, id] {
    if (auto image = font->render(sequence)) return std::move(*image);
    throw FileError(id + ": the font has no glyph");
  };
  return {{.file = id, .caption = emoji.name, .group = hex_name(variant_group(emoji.sequence)), .id = id}, draw};
}

}  // namespace

Collection collect_emoji(const EmojiOptions& options) {
  Collection collection;
  const auto list = named_emoji(options, collection.other_names);
  const auto held_out = held_out_groups(list, options.held_out);
  const auto font = std::make_shared<EmojiFont>(options.font);
  for (const auto& emoji : list) {
    if (!wanted(emoji, options)) continue;
    auto& pair = collection.candidates.emplace_back(candidate(emoji, font)).pair;
    if (held_out.contains(pair.group)) pair.split = "held_out";
  }
  return collection;
}

Collection collect_emoji_tones(const EmojiOptions& options) {
  Collection collection;
  auto all = named_emoji(options, collection.other_names);
  const auto elsewhere = held_out_groups(all, options.held_out);
  std::erase_if(all, [&](const Emoji& emoji) { return elsewhere.contains(hex_name(variant_group(emoji.sequence))); });
  const auto list = toned_emoji(all);
  const auto font = std::make_shared<EmojiFont>(options.font);
  for (const auto& [emoji, kind, tone, held_out] : list) {
    auto& pair = collection.candidates.emplace_back(candidate(emoji, font)).pair;
    pair.group = hex_name(kind) + "_" + hex_name({tone});
    if (held_out) pair.split = "held_out";
  }
  return collection;
}

}  // namespace mds
