// Prepares captioned pictures for the metrics of binding and counting.
#pragma once

#include <vector>

#include "metrics/extractor.h"
#include "metrics/metric_table.h"

namespace mds {

// FileError where no caption of the pictures offers the metric a choice.
void require_choices(const Metric& metric, const PictureSet& pictures);

// The pictures whose captions offer a choice, with the embeddings of the choices. FileError where there are none.
struct Choosing {
  MeasureInput input;        // features_ND and choices_KE
  std::vector<size_t> kept;  // indices into the set
};
Choosing choosing(const Metric& metric, const Extractor& extractor, const PictureSet& pictures,
                  const Extracted& measured);

}  // namespace mds
