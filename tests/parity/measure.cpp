// Computes metrics of tensors for tests/parity/metrics.py: `measure_tensors FILE SUBSETS SUBSET_SIZE` reads "features"
// and "reference", "pictures" and "reference_pictures" (values of 0..255) and writes one JSON object; `measure_tensors
// FILE WAY HEIGHT WIDTH OUT` writes "pictures" resized.
#include <iostream>

#include "metrics/cmmd.h"
#include "metrics/frechet.h"
#include "metrics/kid.h"
#include "metrics/precision_recall.h"
#include "metrics/ssim.h"
#include "pipeline/resizer.h"
#include "pipeline/tensor_file.h"

using namespace mds;

namespace {

void write_resized(const TensorMap& tensors, char** argument) {
  Resizer way{};
  read_json(Json(argument[2]), way, {"arguments", "way"});
  const ImageSize size{.width = std::stoi(argument[4]), .height = std::stoi(argument[3])};
  save_tensors(argument[5], {.tensors = {{"pictures", resized(tensors.at("pictures"), size, way)}}, .metadata = {}});
}

Json measures(const TensorMap& tensors, const KidOptions& options) {
  const auto &x = tensors.at("features"), &y = tensors.at("reference");
  const auto kernel = kid("kid", x, y, options);
  FeatureAccumulator a, b;
  a.add(x);
  b.add(y);
  return {{"frechet", frechet_distance(feature_stats(x), feature_stats(y))},
          {"frechet_accumulated", frechet_distance(a.stats(), b.stats())},
          {"kid", kernel.score.value},
          {"kid_std", kernel.standard_deviation},
          {"cmmd", cmmd("cmmd", x, y).score.value},
          {"precision", precision("precision", x, y).value},
          {"recall", recall("recall", x, y).value},
          {"ssim", ssim(tensors.at("pictures"), tensors.at("reference_pictures"), 255).value}};
}

}  // namespace

int main(int argc, char** argv) {
  const auto tensors = load_tensors(argv[1]).tensors;
  if (argc == 6)
    write_resized(tensors, argv);
  else
    std::cout << measures(tensors, {.subsets = std::stoi(argv[2]), .subset_size = std::stoi(argv[3])}).dump() << '\n';
}
