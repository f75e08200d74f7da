#include "metrics/caption_choice.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string_view>

#include "metrics/clip_score.h"

namespace mds {
namespace {

constexpr std::string_view tone_ending = " skin tone";
constexpr std::array<std::string_view, 5> tones{"light", "medium-light", "medium", "medium-dark", "dark"};
constexpr std::array<std::string_view, 12> words{"one",   "two",   "three", "four", "five",   "six",
                                                 "seven", "eight", "nine",  "ten",  "eleven", "twelve"};
constexpr std::array<std::string_view, 11> numerals{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};

// Where a word stands in a caption.
struct Word {
  size_t begin = 0, size = 0;
};

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// The runs of letters and digits in a caption: "six-pointed" is two words, "2nd" is one.
std::vector<Word> words_of(const std::string& caption) {
  std::vector<Word> found;
  for (size_t i = 0; i < caption.size(); ++i) {
    if (!is_word_character(caption[i])) continue;
    if (i == 0 || !is_word_character(caption[i - 1])) found.push_back({i, 0});
    ++found.back().size;
  }
  return found;
}

// The caption itself, followed by copies in which each of the other candidates replaces the word.
std::vector<std::string> replaced(const std::string& caption, const Word& word,
                                  std::span<const std::string_view> candidates) {
  const std::string own = caption.substr(word.begin, word.size);
  std::vector<std::string> choices{caption};
  for (const auto candidate : candidates)
    if (candidate != own) choices.push_back(std::string(caption).replace(word.begin, word.size, candidate));
  return choices;
}

// The last word before `end`, including words joined by hyphens, such as "medium-dark".
Word hyphenated_before(const std::string& caption, size_t end) {
  size_t begin = end;
  while (begin > 0 && (is_word_character(caption[begin - 1]) || caption[begin - 1] == '-')) --begin;
  return {begin, end - begin};
}

template <size_t count>
bool contains(const std::array<std::string_view, count>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

std::vector<std::string> tone_choices(const std::string& caption) {
  const size_t end = caption.find(tone_ending);
  if (end == std::string::npos || caption.find(tone_ending, end + 1) != std::string::npos) return {};
  const Word tone = hyphenated_before(caption, end);
  if (!contains(tones, std::string_view(caption).substr(tone.begin, tone.size))) return {};
  return replaced(caption, tone, tones);
}

std::vector<std::string> number_choices(const std::string& caption) {
  std::string_view before;
  for (const Word& word : words_of(caption)) {
    const auto text = std::string_view(caption).substr(word.begin, word.size);
    const bool nobody = before == "no" && text == "one";
    before = text;
    if (contains(words, text) && !nobody) return replaced(caption, word, words);
    if (contains(numerals, text)) return replaced(caption, word, numerals);
  }
  return {};
}

Tensor choice_values(const Tensor& images_NE, const std::vector<Tensor>& choices_KE) {
  const Tensor images = unit_rows("image embeddings", images_NE);
  std::vector<double> values;
  for (size_t i = 0; i < choices_KE.size(); ++i) {
    const Tensor near_K = unit_rows("text embeddings", choices_KE[i]).matmul(images[int64_t(i)]);
    values.push_back(near_K.ge(near_K[0]).sum().item<int64_t>() == 1 ? 1 : 0);
  }
  return at::tensor(values, at::kDouble);
}

}  // namespace mds
