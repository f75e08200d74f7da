// The scores of an evaluation as text.
#pragma once

#include "experiments/evaluation/evaluate.h"
#include "reports/table.h"

namespace mds {

std::string evaluation_text(const EvaluationResult& result, Format format);

std::string metrics_text();  // a list of all scores, for help

}  // namespace mds
