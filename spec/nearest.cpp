#include "spec/nearest.h"

#include <algorithm>
#include <functional>

#include "spec/listed.h"

namespace mds {
namespace {

constexpr size_t few = 16;
constexpr size_t letters_to_begin_with = 3;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result)
    if (letter >= 'A' && letter <= 'Z') letter = char(letter - 'A' + 'a');
  return result;
}

}  // namespace

// The optimal string alignment distance, computed row by row; `before` is the row two above the current one.
size_t edit_distance(std::string_view first, std::string_view second) {
  const std::string a = lower(first), b = lower(second);
  std::vector<size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
  std::string best;
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  for (const auto& name : names)
    if (const size_t distance = edit_distance(word, name); distance < least && distance < name.size()) {
      least = distance;
      best = name;
    }
  if (!best.empty() || word.size() < letters_to_begin_with) return best;
  for (const auto& name : names)
    if (lower(name).starts_with(lower(word)) && (best.empty() || name.size() < best.size())) best = name;
  return best;
}

std::string offer(std::string_view word, const std::vector<std::string>& names, std::string_view label) {
  const std::string near = nearest(word, names), all = std::string(label) + ": " + listed(names, std::identity());
  if (near.empty()) return "; " + all;
  return "; did you mean " + near + "?" + (names.size() <= few ? " " + all : "");
}

}  // namespace mds
