#include "data/emoji.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "data/emoji_font.h"
#include "data/emoji_list.h"
#include "data/folder_writer.h"
#include "spec/error.h"

namespace mds {
namespace {

void check_package(const std::string& file, const std::string& package) {
  if (!std::filesystem::exists(file)) throw FileError(file + ": does not exist; it comes with the package " + package);
}

void check_packages(const EmojiOptions& options) {
  check_package(options.font, "fonts-noto-color-emoji");
  check_package(options.emoji_test, "unicode-data");
  check_package(options.annotations, "unicode-cldr-core");
  check_package(options.annotations_derived, "unicode-cldr-core");
}

// National flags and "flag in hole"; the rainbow, pirate and chequered flags are things and stay.
bool is_flag(const Emoji& emoji) { return emoji.name.starts_with("flag"); }

bool in_base_set(const Emoji& emoji) { return !has_skin_tone(emoji.sequence) && !is_flag(emoji); }

bool wanted(const Emoji& emoji, const EmojiOptions& options) {
  return (options.skin_tones || !has_skin_tone(emoji.sequence)) && (options.flags || !is_flag(emoji));
}

// Every emoji under its CLDR name. Emoji newer than the installed CLDR keep the short name of emoji-test.txt, which is
// CLDR's own of that year; other_names counts them.
std::vector<Emoji> named_emoji(const EmojiOptions& options, int64_t& other_names) {
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

std::string group_of(const Emoji& emoji) { return hex_name(variant_group(emoji.sequence)); }

// Chosen among the base set whatever is built, so that both data sets hold out the same groups.
std::set<std::string> held_out_groups(const std::vector<Emoji>& list, int64_t count) {
  std::map<std::string, int64_t> groups;
  for (const auto& emoji : list)
    if (in_base_set(emoji)) ++groups[group_of(emoji)];
  const auto chosen = choose_held_out(groups, count);
  return {chosen.begin(), chosen.end()};
}

}  // namespace

BuildReport build_emoji(const EmojiOptions& options, const BuildProgress& progress) {
  check_packages(options);
  int64_t other_names = 0;
  auto list = named_emoji(options, other_names);
  const auto held_out = held_out_groups(list, options.held_out);
  std::erase_if(list, [&](const Emoji& emoji) { return !wanted(emoji, options); });
  const EmojiFont font(options.font);
  FolderWriter writer(options.out);
  FolderReport skipped;
  for (size_t i = 0; i < list.size(); ++i) {
    if (progress) progress(int64_t(i), int64_t(list.size()));
    const std::string id = hex_name(without_presentation(list[i].sequence)), group = group_of(list[i]);
    const std::string split = held_out.contains(group) ? "held_out" : "train";
    if (const auto image = font.render(list[i].sequence)) {
      writer.add(*image, {.file = "", .caption = list[i].name, .split = split, .group = group, .id = id});
    } else {
      skipped.skips.push_back({id, "the font has no glyph"});
    }
  }
  BuildReport report = writer.finish();
  report.other_names = other_names;
  report.skipped = std::move(skipped);
  return report;
}

}  // namespace mds
