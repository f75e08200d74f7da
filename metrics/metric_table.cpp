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

namespace mds {
namespace {

Score frechet(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return FrechetReference(input.reference->stats).score(name, input.features_ND, options);
}

Score cosine(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return clip_score(name, input.features_ND, input.texts_ND, options);
}

Score kernel(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return kid(name, input.features_ND, input.reference->features_ND, {.score = options}).score;
}

Score infinity(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return fid_infinity(name, input.features_ND, FrechetReference(input.reference->stats), {.score = options});
}

Score mean_discrepancy(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return cmmd(name, input.features_ND, input.reference->features_ND, options);
}

constexpr int64_t neighbours = 3;
Score precision(const std::string&, const MeasureInput& input, const ScoreOptions& options) {
  return precision_recall(input.features_ND, input.reference->features_ND, neighbours, options).precision;
}
Score recall(const std::string&, const MeasureInput& input, const ScoreOptions& options) {
  return precision_recall(input.features_ND, input.reference->features_ND, neighbours, options).recall;
}

constexpr double levels = 255;
at::Tensor psnr_of_pair(const at::Tensor& a, const at::Tensor& b) { return psnr_values(a, b, levels); }
at::Tensor ssim_of_pair(const at::Tensor& a, const at::Tensor& b) { return ssim_values(a, b, levels); }

constexpr std::array table{
    Metric{"fd_emoji_clip", "emoji-clip-score", "clip_crop", Against::statistics, frechet},
    Metric{"clip_emoji", "emoji-clip-score", "clip_crop", Against::captions, cosine},
    Metric{"fid", "inception-v3-fid", "legacy_tensorflow", Against::statistics, frechet},
    Metric{"fid_clean", "inception-v3-fid", "clean", Against::statistics, frechet},
    Metric{"fid_legacy_pytorch", "inception-v3-fid", "legacy_pytorch", Against::statistics, frechet},
    Metric{"fid_inf", "inception-v3-fid", "legacy_tensorflow", Against::statistics, infinity},
    Metric{"kid", "inception-v3-fid", "legacy_tensorflow", Against::features, kernel},
    Metric{"precision", "inception-v3-fid", "legacy_tensorflow", Against::features, precision},
    Metric{"recall", "inception-v3-fid", "legacy_tensorflow", Against::features, recall},
    Metric{"cmmd", "clip-vit-l-14-336", "clip_squash", Against::features, mean_discrepancy},
    Metric{"fd_clip_b32", "clip-vit-b-32", "clip_crop", Against::statistics, frechet},
    Metric{"clip_score", "clip-vit-l-14", "clip_crop", Against::captions, cosine},
    Metric{"clip_score_b32", "clip-vit-b-32", "clip_crop", Against::captions, cosine},
    Metric{"clip_score_g14", "open-clip-vit-g-14", "clip_crop", Against::captions, cosine},
    Metric{"fd_effnet", "efficientnet-lite0", "clean", Against::statistics, frechet},
    Metric{"kid_effnet", "efficientnet-lite0", "clean", Against::features, kernel},
    Metric{"psnr", "", "", Against::partners, nullptr, psnr_of_pair},
    Metric{"ssim", "", "", Against::partners, nullptr, ssim_of_pair},
    Metric{"lpips_alex", "lpips-alex", "", Against::partners},
    Metric{"lpips_vgg", "lpips-vgg", "", Against::partners},
};

}  // namespace

std::span<const Metric> all_metrics() { return table; }

std::vector<const Metric*> find_metrics(const std::string& list) {
  std::vector<const Metric*> chosen;
  std::string valid;
  for (const auto& metric : table) valid += (valid.empty() ? "" : ", ") + std::string(metric.name);
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const std::string name = list.substr(begin, end - begin);
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const Metric& metric) { return name == metric.name; });
    if (found == table.end()) throw UsageError("--metrics has \"" + name + "\"; allowed: " + valid);
    if (std::find(chosen.begin(), chosen.end(), &*found) != chosen.end())
      throw UsageError("--metrics has \"" + name + "\" twice");
    chosen.push_back(&*found);
    begin = end + 1;
  }
  return chosen;
}

}  // namespace mds
