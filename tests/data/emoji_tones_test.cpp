#include "data/emoji_tones.h"

#include <filesystem>
#include <map>
#include <set>

#include "data/emoji.h"
#include "tests/catch.h"

using namespace mds;

namespace {

std::u32string person_of(const Emoji& emoji) {
  std::u32string person = without_presentation(emoji.sequence);
  std::erase_if(person, is_skin_tone);
  return person;
}

// For every held-out pair: person and tone both occur in training, but not together, nor does its kind with that tone.
void check_binding(const std::vector<TonedEmoji>& list) {
  std::set<std::u32string> persons;
  std::set<char32_t> tones;
  std::set<std::pair<std::u32string, char32_t>> seen;
  std::map<char32_t, std::set<std::u32string>> held_out;
  for (const auto& one : list) {
    if (one.held_out) {
      held_out[one.tone].insert(one.kind);
      continue;
    }
    persons.insert(person_of(one.emoji));
    tones.insert(one.tone);
    seen.insert({one.kind, one.tone});
  }
  REQUIRE(held_out.size() == 5);
  size_t least = list.size(), most = 0;
  for (const auto& [tone, kinds] : held_out) {
    least = std::min(least, kinds.size());
    most = std::max(most, kinds.size());
  }
  CHECK(most - least <= 1);
  for (const auto& one : list) {
    if (!one.held_out) continue;
    CHECK(persons.contains(person_of(one.emoji)));
    CHECK(tones.contains(one.tone));
    CHECK(!seen.contains({one.kind, one.tone}));
  }
}

std::vector<Emoji> synthetic(char32_t kinds) {
  std::vector<Emoji> list;
  for (char32_t kind = 0; kind < kinds; ++kind)
    for (char32_t tone = 0x1F3FB; tone <= 0x1F3FF; ++tone) list.push_back({{0x1F600 + kind, tone}, "x"});
  return list;
}

}  // namespace

TEST_CASE("a held-out tone and its bearer are both trained on, but not together", "[data]") {
  auto list = synthetic(23);
  list.push_back({U"\U0001F469\U0001F3FB\u200d\U0001F91D\u200d\U0001F468\U0001F3FC", "two tones"});
  list.push_back({U"\U0001F44B\U0001F3FB", "one of five tones"});
  list.push_back({U"\U0001F44B", "no tone"});
  const auto toned = toned_emoji(list);
  CHECK(toned.size() == 23 * 5);
  check_binding(toned);
}

TEST_CASE("woman, man and person of a kind hold out the same tone", "[data]") {
  std::vector<Emoji> list = synthetic(4);
  for (const char32_t person : {0x1F468, 0x1F469, 0x1F9D1})
    for (char32_t tone = 0x1F3FB; tone <= 0x1F3FF; ++tone) list.push_back({{person, tone, 0x200D, 0x1F373}, "cook"});
  std::map<std::u32string, std::set<char32_t>> held_out;
  for (const auto& one : toned_emoji(list))
    if (one.held_out) held_out[one.kind].insert(one.tone);
  CHECK(held_out.size() == 5);
  for (const auto& [kind, tones] : held_out) CHECK(tones.size() == 1);
}

TEST_CASE("the split of the installed emoji tests binding", "[data]") {
  const EmojiOptions options;
  if (!std::filesystem::exists(options.emoji_test)) {
    WARN("skipped: the package unicode-data is not installed");
    return;
  }
  const auto list = toned_emoji(parse_emoji_test(load_bytes(options.emoji_test), options.emoji_test));
  CHECK(list.size() > 1000);
  check_binding(list);
}

TEST_CASE("an emoji that the emoji set holds out is left out in all tones", "[data]") {
  if (!std::filesystem::exists(EmojiOptions{}.font) || !std::filesystem::exists(EmojiOptions{}.annotations)) {
    WARN("skipped: the packages of the emoji set are not installed");
    return;
  }
  std::set<std::string> held_out;
  for (const auto& candidate : collect_emoji().candidates)
    if (candidate.pair.split == "held_out") held_out.insert(candidate.pair.group);
  const auto toned = collect_emoji_tones();
  CHECK(toned.candidates.size() > 1000);
  for (const auto& candidate : toned.candidates)
    CHECK(!held_out.contains(candidate.pair.group.substr(0, candidate.pair.group.rfind('_'))));
}
