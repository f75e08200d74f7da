#include "metrics/choosing.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

namespace mds {
namespace {

const ChoiceShare& choice_of(const Metric& metric) { return std::get<ChoiceShare>(metric.kind); }

[[noreturn]] void fail_without_choices(const Metric& metric, const PictureSet& pictures) {
  throw FileError(pictures.folder + ": " + metric.name + " can measure no caption (" + metric.convention + ")");
}

}  // namespace

void require_choices(const Metric& metric, const PictureSet& pictures) {
  if (std::all_of(pictures.captions.begin(), pictures.captions.end(),
                  [&](const std::string& caption) { return choice_of(metric).choices(caption).empty(); }))
    fail_without_choices(metric, pictures);
}

Choosing choosing(const Metric& metric, const Extractor& extractor, const PictureSet& pictures,
                  const Extracted& measured) {
  std::map<std::string, int64_t> row_of;
  std::vector<std::string> texts;
  std::vector<std::vector<int64_t>> rows;
  std::vector<int64_t> counted;
  Choosing chosen;
  for (size_t i = 0; i < measured.kept.size(); ++i) {
    const auto choices = choice_of(metric).choices(pictures.captions.at(measured.kept[i]));
    if (choices.empty()) continue;
    counted.push_back(int64_t(i));
    chosen.kept.push_back(measured.kept[i]);
    rows.emplace_back();
    for (const auto& text : choices) {
      const auto [at, is_new] = row_of.emplace(text, int64_t(texts.size()));
      if (is_new) texts.push_back(text);
      rows.back().push_back(at->second);
    }
  }
  if (counted.empty()) fail_without_choices(metric, pictures);
  const Tensor embedded = extractor.text_features(texts);
  chosen.input.features_ND = measured.features_ND.index_select(0, at::tensor(counted, at::kLong));
  for (const auto& own : rows) chosen.input.choices_KE.push_back(embedded.index_select(0, at::tensor(own, at::kLong)));
  return chosen;
}

}  // namespace mds
