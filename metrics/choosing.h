// From captioned pictures to what binding and counting are measured on.
#pragma once

#include <vector>

#include "metrics/extractor.h"
#include "metrics/metric_table.h"

namespace mds {

// FileError where no caption of the pictures offers a choice to the metric.
void require_choices(const Metric& metric, const PictureSet& pictures);

// The pictures whose captions offer a choice, with the embeddings to choose from. FileError where none does.
struct Choosing {
  MeasureInput input;        // features_ND and choices_KE
  std::vector<size_t> kept;  // of the set
};
Choosing choosing(const Metric& metric, const Extractor& extractor, const PictureSet& pictures,
                  const Extracted& measured);

}  // namespace mds
