#include "metrics/metric_table.h"

#include <algorithm>
#include <array>

#include "metrics/clip_score.h"
#include "metrics/cmmd.h"
#include "metrics/fid_infinity.h"
#include "metrics/kid.h"
#include "metrics/precision_recall.h"
#include "metrics/psnr.h"
#include "metrics/ssim.h"
#include "spec/listed.h"

namespace mds {
namespace {

Score frechet(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return FrechetReference(input.reference->stats).score(name, input.features_ND, options);
}
Resampled frechet_resampled(const MeasureInput& input, const BootstrapIndices& indices, uint64_t) {
  const FrechetReference reference(input.reference->stats);
  return {reference.distance(input.features_ND), reference.resampled(input.features_ND, indices)};
}

at::Tensor cosines(const MeasureInput& input) { return clip_values(input.features_ND, input.texts_ND); }
Score cosine(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return mean_score(name, cosines(input), options);
}

void require_subset(const char* flag, int64_t subset, int64_t most) {
  if (subset < 2 || subset > most)
    throw UsageError(std::string(flag) + " is " + std::to_string(subset) + "; of these pictures 2 to " +
                     std::to_string(most) + " can be drawn");
}

Kid kernel_distance(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  const at::Tensor& reference = input.reference->features_ND;
  require_subset("--kid-subset", input.subsets.kid, std::min(input.features_ND.size(0), reference.size(0)));
  return kid(name, input.features_ND, reference, {.subset_size = input.subsets.kid, .score = options});
}
Score kernel(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return kernel_distance(name, input, options).score;
}
Resampled kernel_resampled(const MeasureInput& input, const BootstrapIndices& indices, uint64_t seed) {
  const Kid distance = kernel_distance("kid", input, {.replicates = 1, .seed = seed});
  return {distance.score.value, linearised_replicates(distance.score.value, distance.influences_N, indices)};
}

Score infinity(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  require_subset("--fid-inf-smallest", input.subsets.fid_inf, input.features_ND.size(0) - 1);
  return fid_infinity(name, input.features_ND, FrechetReference(input.reference->stats),
                      {.smallest = input.subsets.fid_inf, .score = options});
}
// The bias that the line takes away is the same for every resample, to first order.
Resampled infinity_resampled(const MeasureInput& input, const BootstrapIndices& indices, uint64_t seed) {
  const FrechetReference reference(input.reference->stats);
  const double value = infinity("fid_inf", input, {.replicates = 1, .seed = seed}).value;
  return {value, linearised_replicates(value, reference.influences(input.features_ND), indices)};
}

Score mean_discrepancy(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return cmmd(name, input.features_ND, input.reference->features_ND, options).score;
}
Resampled discrepancy_resampled(const MeasureInput& input, const BootstrapIndices& indices, uint64_t) {
  const Cmmd distance = cmmd("cmmd", input.features_ND, input.reference->features_ND, {.replicates = 1});
  return {distance.score.value, linearised_replicates(distance.score.value, distance.influences_N, indices)};
}

constexpr int64_t neighbours = 3;
at::Tensor precise(const MeasureInput& input) {
  return precision_values(input.features_ND, input.reference->features_ND, neighbours);
}
Score precision_share(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return mean_score(name, precise(input), options);
}
Score recall_share(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return recall(name, input.features_ND, input.reference->features_ND, neighbours, options);
}
Resampled recall_resampled(const MeasureInput& input, const BootstrapIndices& indices, uint64_t) {
  const at::Tensor& reference = input.reference->features_ND;
  return {recall("recall", input.features_ND, reference, neighbours, {.replicates = 1}).value,
          recall_replicates(input.features_ND, reference, indices, neighbours)};
}

constexpr double max_level = 255;
at::Tensor psnr_of_pair(const at::Tensor& a, const at::Tensor& b) { return psnr_values(a, b, max_level); }
at::Tensor ssim_of_pair(const at::Tensor& a, const at::Tensor& b) { return ssim_values(a, b, max_level); }

constexpr const char *inception = "inception-v3-fid", *b32 = "clip-vit-b-32", *l14 = "clip-vit-l-14",
                     *l14_336 = "clip-vit-l-14-336", *g14 = "open-clip-vit-g-14";

constexpr Metric frechet_of(const char* name, const char* network, const char* resizer) {
  return {name, network, resizer, Against::statistics, frechet, nullptr, frechet_resampled};
}
constexpr Metric kernel_of(const char* name, const char* network, const char* resizer) {
  return {name, network, resizer, Against::features, kernel, nullptr, kernel_resampled, &SubsetSizes::kid};
}
constexpr Metric cosine_of(const char* name, const char* network) {
  return {name, network, "clip_crop", Against::captions, cosine, cosines};
}

constexpr std::array table{
    frechet_of("fd_emoji_clip", emoji_clip, "clip_crop"),
    kernel_of("kid_emoji_clip", emoji_clip, "clip_crop"),
    cosine_of("clip_emoji", emoji_clip),
    frechet_of("fid", inception, "legacy_tensorflow"),
    frechet_of("fid_clean", inception, "clean"),
    frechet_of("fid_legacy_pytorch", inception, "legacy_pytorch"),
    Metric{"fid_inf", inception, "legacy_tensorflow", Against::statistics, infinity, nullptr, infinity_resampled,
           &SubsetSizes::fid_inf},
    kernel_of("kid", inception, "legacy_tensorflow"),
    Metric{"precision", inception, "legacy_tensorflow", Against::features, precision_share, precise},
    Metric{"recall", inception, "legacy_tensorflow", Against::features, recall_share, nullptr, recall_resampled},
    Metric{"cmmd", l14_336, "clip_squash", Against::features, mean_discrepancy, nullptr, discrepancy_resampled},
    frechet_of("fd_clip_b32", b32, "clip_crop"),
    cosine_of("clip_score", l14),
    cosine_of("clip_score_b32", b32),
    cosine_of("clip_score_g14", g14),
    frechet_of("fd_effnet", lite0, "clean"),
    kernel_of("kid_effnet", lite0, "clean"),
    Metric{.name = "psnr", .network = "", .resizer = "", .against = Against::partners, .of_pair = psnr_of_pair},
    Metric{.name = "ssim", .network = "", .resizer = "", .against = Against::partners, .of_pair = ssim_of_pair},
    Metric{"lpips_alex", "lpips-alex", "", Against::partners},
    Metric{"lpips_vgg", "lpips-vgg", "", Against::partners},
};

}  // namespace

std::span<const Metric> all_metrics() { return table; }

const Metric* find_metric(const std::string& name) {
  const auto* found =
      std::find_if(table.begin(), table.end(), [&](const Metric& metric) { return name == metric.name; });
  return found == table.end() ? nullptr : found;
}

std::string known_metrics() { return listed(table, &Metric::name); }

std::vector<const Metric*> find_metrics(const std::string& list) {
  std::vector<const Metric*> chosen;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const std::string name = list.substr(begin, end - begin);
    const Metric* found = find_metric(name);
    if (!found) throw UsageError("--metrics has \"" + name + "\"; allowed: " + known_metrics());
    if (std::find(chosen.begin(), chosen.end(), found) != chosen.end())
      throw UsageError("--metrics has \"" + name + "\" twice");
    chosen.push_back(found);
    begin = end + 1;
  }
  return chosen;
}

}  // namespace mds
