#include "metrics/metric_table.h"

#include <algorithm>
#include <array>

#include "metrics/caption_choice.h"
#include "metrics/clip_score.h"
#include "metrics/cmmd.h"
#include "metrics/edge_agreement.h"
#include "metrics/fid_infinity.h"
#include "metrics/kid.h"
#include "metrics/precision_recall.h"
#include "metrics/psnr.h"
#include "metrics/ssim.h"
#include "pipeline/edges.h"
#include "spec/listed.h"

namespace mds {
namespace {

Score frechet(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return FrechetReference(input.reference->stats, input.reference->features_ND).score(name, input.features_ND, options);
}
Resampled frechet_resampled(const MeasureInput& input, const BootstrapIndices& indices, uint64_t) {
  const FrechetReference reference(input.reference->stats);
  return {reference.distance(input.features_ND), reference.resampled(input.features_ND, indices)};
}

Tensor cosines(const MeasureInput& input) { return clip_values(input.features_ND, input.texts_ND); }

int64_t checked_subset(const char* flag, int64_t subset, int64_t most) {
  if (subset < 2 || subset > most)
    throw RequestError(std::string(flag) + " is " + std::to_string(subset) + "; of these pictures 2 to " +
                       std::to_string(most) + " can be drawn");
  return subset;
}
int64_t checked_kid(const SubsetSizes& sizes, int64_t n, int64_t reference_n) {
  return checked_subset("`kid_subset`", sizes.kid, std::min(n, reference_n));
}
int64_t checked_fid_inf(const SubsetSizes& sizes, int64_t n, int64_t) {
  return checked_subset("`fid_inf_smallest`", sizes.fid_inf, n - 1);
}
constexpr Subset kid_subset{&SubsetSizes::kid, checked_kid}, fid_inf_subset{&SubsetSizes::fid_inf, checked_fid_inf};

// The size of the subset for this input, which it allows.
int64_t size_of(const Subset& subset, const MeasureInput& input) {
  const int64_t n = input.features_ND.size(0), reference_n = input.reference->stats.n;
  return subset.checked(fitted(input.subsets, n, reference_n), n, reference_n);
}

Kid kernel_distance(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  const Tensor& reference = input.reference->features_ND;
  return kid(name, input.features_ND, reference, {.subset_size = size_of(kid_subset, input), .score = options});
}
Score kernel(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return kernel_distance(name, input, options).score;
}
Resampled kernel_resampled(const MeasureInput& input, const BootstrapIndices& indices, uint64_t seed) {
  const Kid distance = kernel_distance("kid", input, {.replicates = 1, .seed = seed});
  return {distance.score.value, linearised_replicates(distance.score.value, distance.influences_N, indices)};
}

Score infinity(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return fid_infinity(name, input.features_ND, FrechetReference(input.reference->stats),
                      {.smallest = size_of(fid_inf_subset, input), .score = options});
}
// To first order, the bias that the line removes is the same for every resample.
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

constexpr int64_t usual_kid_subset = KidOptions{}.subset_size;
constexpr int64_t usual_fid_inf_smallest = FidInfinityOptions{}.smallest;
constexpr int64_t neighbours = 3;
Tensor precise(const MeasureInput& input) {
  return precision_values(input.features_ND, input.reference->features_ND, neighbours);
}
Score recall_share(const std::string& name, const MeasureInput& input, const ScoreOptions& options) {
  return recall(name, input.features_ND, input.reference->features_ND, neighbours, options);
}
Resampled recall_resampled(const MeasureInput& input, const BootstrapIndices& indices, uint64_t) {
  const Tensor& reference = input.reference->features_ND;
  return {recall("recall", input.features_ND, reference, neighbours, {.replicates = 1}).value,
          recall_replicates(input.features_ND, reference, {.measured = indices}, neighbours)};
}

constexpr double max_level = 255;
Tensor psnr_of_pair(const Tensor& a, const Tensor& b) { return psnr_values(a, b, max_level); }
Tensor ssim_of_pair(const Tensor& a, const Tensor& b) { return ssim_values(a, b, max_level); }

// Whether the picture is one of edges: black and white alone, and mostly black.
bool shows_edges(const Tensor& picture_CHW) {
  const bool grey = at::equal(picture_CHW, picture_CHW.slice(0, 0, 1).expand_as(picture_CHW));
  const Tensor white = picture_CHW == 255;
  return grey && (white | (picture_CHW == 0)).all().item<bool>() && 2 * white.sum().item<int64_t>() < white.numel();
}

Tensor edges_wanted(const Tensor& pictures_NCHW) {
  const Tensor edges = edge_controls(pictures_NCHW).slice(1, 0, 1).contiguous();
  for (int64_t i = 0; i < edges.size(0); ++i)
    if (shows_edges(pictures_NCHW[i])) edges[i].copy_(pictures_NCHW[i].slice(0, 0, 1));
  return edges;
}

EdgeAgreement edges_of_pair(const Tensor& a, const Tensor& b) {
  return edge_agreement(edge_controls(a).slice(1, 0, 1), edges_wanted(b));
}
Tensor edge_precision(const Tensor& a, const Tensor& b) { return edges_of_pair(a, b).precision; }
Tensor edge_recall(const Tensor& a, const Tensor& b) { return edges_of_pair(a, b).recall; }
Tensor edge_f1(const Tensor& a, const Tensor& b) { return edges_of_pair(a, b).f1; }

constexpr const char *inception = "inception-v3-fid", *b32 = "clip-vit-b-32", *l14 = "clip-vit-l-14",
                     *l14_336 = "clip-vit-l-14-336", *g14 = "open-clip-vit-g-14";

constexpr Metric frechet_of(const char* name, const char* network, const char* resizer) {
  return {name,
          network,
          resizer,
          Against::statistics,
          "Frechet distance, covariances over n - 1",
          SetDistance{.score = frechet, .resampled = frechet_resampled, .by_caption = true}};
}
constexpr Metric kernel_of(const char* name, const char* network, const char* resizer) {
  return {name,
          network,
          resizer,
          Against::features,
          "unbiased MMD^2 under (x . y / D + 1)^3, the mean of 100 subsets, not multiplied",
          SetDistance{.score = kernel, .resampled = kernel_resampled, .subset = &kid_subset}};
}
constexpr Metric cosine_of(const char* name, const char* network) {
  return {name,
          network,
          "clip_crop",
          Against::captions,
          "cosine of picture and caption, raw: -1 to 1, not times 100 or 2.5",
          PictureMean{cosines}};
}
constexpr Metric choice_of(const char* name, ChoiceShare choice, const char* rule) {
  return {name, emoji_clip, "clip_crop", Against::captions, rule, choice};
}
constexpr Metric perceptual_of(const char* name, const char* network, const char* convention) {
  return {name, network, "", Against::partners, convention, PerceptualPairs{}};
}
constexpr Metric pixels_of(const char* name, PixelPairs pairs, const char* convention) {
  return {name, "", "", Against::partners, convention, pairs};
}

constexpr std::array table{
    frechet_of("fd_emoji_clip", emoji_clip, "clip_crop"),
    kernel_of("kid_emoji_clip", emoji_clip, "clip_crop"),
    cosine_of("clip_emoji", emoji_clip),
    choice_of("binding_emoji", {tone_choices}, tone_rule),
    choice_of("counting_emoji", {number_choices}, number_rule),
    frechet_of("fid", inception, "legacy_tensorflow"),
    frechet_of("fid_clean", inception, "clean"),
    frechet_of("fid_legacy_pytorch", inception, "legacy_pytorch"),
    Metric{.name = "fid_inf",
           .network = inception,
           .resizer = "legacy_tensorflow",
           .against = Against::statistics,
           .convention = "FID of infinitely many pictures: intercept of 15 subsets' distances over 1/n",
           .kind = SetDistance{.score = infinity, .resampled = infinity_resampled, .subset = &fid_inf_subset}},
    kernel_of("kid", inception, "legacy_tensorflow"),
    Metric{.name = "precision",
           .network = inception,
           .resizer = "legacy_tensorflow",
           .against = Against::features,
           .convention = "share of pictures within the reference's 3rd neighbours",
           .kind = PictureMean{precise}},
    Metric{.name = "recall",
           .network = inception,
           .resizer = "legacy_tensorflow",
           .against = Against::features,
           .convention = "share of the reference within the pictures' 3rd neighbours",
           .kind = SetDistance{.score = recall_share, .resampled = recall_resampled, .by_caption = true}},
    Metric{.name = "cmmd",
           .network = l14_336,
           .resizer = "clip_squash",
           .against = Against::features,
           .convention = "1000 times the biased MMD^2 under exp(-|x - y|^2 / 200)",
           .kind = SetDistance{.score = mean_discrepancy, .resampled = discrepancy_resampled}},
    frechet_of("fd_clip_b32", b32, "clip_crop"),
    cosine_of("clip_score", l14),
    cosine_of("clip_score_b32", b32),
    cosine_of("clip_score_g14", g14),
    frechet_of("fd_effnet", lite0, "clean"),
    kernel_of("kid_effnet", lite0, "clean"),
    pixels_of("psnr", {psnr_of_pair}, "decibels, data range 255, at most 100"),
    pixels_of("ssim", {ssim_of_pair}, "Gaussian window of 11 (sigma 1.5), data range 255, the mean over RGB"),
    pixels_of("edge_precision", {edge_precision}, "share of the picture's edges that the reference has within 1 pixel"),
    pixels_of("edge_recall", {edge_recall}, "share of the reference's edges that the picture has within 1 pixel"),
    pixels_of("edge_f1", {edge_f1},
              "harmonic mean of both, Canny's edges at 100 and 200; a reference of white on black is taken as edges"),
    Metric{.name = "box_iou_emoji",
           .network = emoji_clip,
           .resizer = "clip_crop",
           .against = Against::layouts,
           .convention = "intersection over union of each box and the window where its phrase is seen best",
           .kind = LayoutMean{LayoutValue::overlap}},
    Metric{.name = "box_binding_emoji",
           .network = emoji_clip,
           .resizer = "clip_crop",
           .against = Against::layouts,
           .convention = "share of boxes in which their own phrase is seen rather than another one of the layout",
           .kind = LayoutMean{LayoutValue::binding}},
    perceptual_of("lpips_alex", "lpips-alex", "LPIPS v0.1, AlexNet"),
    perceptual_of("lpips_vgg", "lpips-vgg", "LPIPS v0.1, VGG16"),
    perceptual_of("perceptual_effnet", lite0,
                  "squared difference of EfficientNet-Lite0's features of unit length, as LPIPS without its heads"),
};

}  // namespace

SubsetSizes fitted(SubsetSizes asked, int64_t n, int64_t reference_n) {
  if (asked.kid == 0) asked.kid = std::min({usual_kid_subset, n, reference_n});
  if (asked.fid_inf == 0)
    asked.fid_inf = n > usual_fid_inf_smallest ? usual_fid_inf_smallest : std::max<int64_t>(2, n / 2);
  return asked;
}

namespace {

struct ScoreOf {
  const std::string name;
  const MeasureInput& input;
  const ScoreOptions& options;

  Score operator()(const SetDistance& distance) const { return distance.score(name, input, options); }
  Score operator()(const PictureMean& mean) const { return mean_score(name, mean.values(input), options); }
  Score operator()(const ChoiceShare&) const {
    return mean_score(name, choice_values(input.features_ND, input.choices_KE), options);
  }
  Score operator()(const auto&) const { throw std::logic_error(name + " measures pairs of pictures, not features"); }
};

}  // namespace

Score score_of(const Metric& metric, const MeasureInput& input, const ScoreOptions& options) {
  return std::visit(ScoreOf{metric.name, input, options}, metric.kind);
}

const Subset* subset_of(const Metric& metric) {
  const auto* distance = std::get_if<SetDistance>(&metric.kind);
  return distance ? distance->subset : nullptr;
}

bool resamples_captions(const Metric& metric) {
  const auto* distance = std::get_if<SetDistance>(&metric.kind);
  return distance && distance->by_caption;
}

void require_subsets(const Metric& metric, SubsetSizes asked, int64_t n, int64_t reference_n) {
  if (const Subset* subset = subset_of(metric)) subset->checked(fitted(asked, n, reference_n), n, reference_n);
}

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
    if (!found) throw RequestError("`metrics` has \"" + name + "\"; allowed: " + known_metrics());
    if (std::find(chosen.begin(), chosen.end(), found) != chosen.end())
      throw RequestError("`metrics` has \"" + name + "\" twice");
    chosen.push_back(found);
    begin = end + 1;
  }
  return chosen;
}

}  // namespace mds
