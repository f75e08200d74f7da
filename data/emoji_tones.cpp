#include "data/emoji_tones.h"

#include <algorithm>
#include <set>

#include "spec/describe.h"

namespace mds {
namespace {

constexpr char32_t lightest = 0x1F3FB;
constexpr int64_t tones = 5;

std::u32string toneless(std::u32string sequence) {
  std::erase_if(sequence, is_skin_tone);
  return without_presentation(sequence);
}

// Kind -> the tone that is held out of it.
std::map<std::u32string, char32_t> held_out_tones(const std::vector<TonedEmoji>& list) {
  std::map<std::string, std::u32string> by_hash;
  for (const auto& toned : list) by_hash[sha256(hex_name(toned.kind))] = toned.kind;
  std::map<std::u32string, char32_t> held_out;
  int64_t rank = 0;
  for (const auto& [hash, kind] : by_hash) held_out[kind] = lightest + char32_t(rank++ % tones);
  return held_out;
}

}  // namespace

std::vector<TonedEmoji> toned_emoji(const std::vector<Emoji>& list) {
  std::vector<TonedEmoji> toned;
  std::map<std::u32string, std::set<char32_t>> tones_of;
  for (const auto& emoji : list) {
    const auto& sequence = emoji.sequence;
    if (std::count_if(sequence.begin(), sequence.end(), is_skin_tone) != 1) continue;
    const char32_t tone = *std::find_if(sequence.begin(), sequence.end(), is_skin_tone);
    tones_of[toneless(sequence)].insert(tone);
    toned.push_back({emoji, variant_group(sequence), tone, false});
  }
  std::erase_if(toned, [&](const TonedEmoji& one) { return tones_of[toneless(one.emoji.sequence)].size() < tones; });
  const auto held_out = held_out_tones(toned);
  if (held_out.size() >= 2)
    for (auto& one : toned) one.held_out = held_out.at(one.kind) == one.tone;
  return toned;
}

}  // namespace mds
