// Measures the scores of a set of pictures, each with its protocol.
#pragma once

#include <exception>
#include <functional>
#include <set>

#include "metrics/extractor.h"
#include "metrics/metric_table.h"
#include "metrics/protocol.h"

namespace mds {

struct MeasureOptions {
  std::vector<const Metric*> metrics;
  std::string reference{};  // a folder of pictures, a file written by save_reference, or an .npz; empty: none
  std::string split{};      // where the reference is a data set; empty: all its pictures
  std::string cache{};      // folder for reference statistics; empty: none
  WeightFiles weights{};
  Placement placement{};  // of the metrics' networks
  int64_t batch = 32;
  int64_t size = 0;  // side in pixels to which pictures are resized first; 0: they are not
  ScoreOptions score{};
  SubsetSizes subsets{};
};

struct MeasureListener {
  std::function<void(const std::string& what, int64_t done, int64_t total)> progress{};
  std::function<void(const std::string& what, const ExtractRates& rates)> rates{};
  std::function<void(const std::string& what, const FolderReport& skipped)> skipped{};
  std::function<void(const std::string& text)> warned{};
  // Called for a score that failed; the others are still measured. Without it, the first failure is thrown.
  std::function<void(const std::string& score, const std::string& reason)> failed{};
};

struct LabelledScore {
  Score score;
  ScoreProtocol protocol;
};

// Combines one metric of several sets, which one model drew from different seeds: see over_seeds of scores.
LabelledScore over_seeds(const std::vector<LabelledScore>& of_seeds);

// RequestError or FileError where the weights of a metric's network were not given or do not exist.
void check_weights(const MeasureOptions& options);

class Measurer {
 public:
  // RequestError where the options lack what a metric compares pictures with.
  Measurer(MeasureOptions options, MeasureListener listener);

  bool needs_captions() const;

  // Finds errors before pictures are drawn and measured: opens each network, prepares the reference, looks for
  // partners, and compares the number of pictures with what the metrics need. `pictures` need not be on the disk yet;
  // `drawn` are the sizes they will have then. Warns of captions that a network cuts and of partners that are missing.
  // Errors: see measure.
  void prepare(const PictureSet& pictures, const std::vector<ImageSize>& drawn = {});

  // Scores in the order of the metrics, without those that failed; where all fail, it throws the first error.
  // `pictures` has captions where they are needed; `drawn` says how the pictures were made. Where captions have several
  // pictures, intervals resample captions, and those of distances the reference's pictures of these too. ConfigError:
  // too few pictures for a measure; FileError: nothing can be measured, or a reference file lacks the statistics of a
  // metric's network, resizer, weights and resolution.
  std::vector<LabelledScore> measure(const PictureSet& pictures, const ScoreProtocol& drawn);

  // All reference statistics that were used so far.
  const ReferenceFile& references() const { return references_; }

 private:
  using Scores = std::map<const Metric*, LabelledScore>;
  using Groups = std::map<std::string, std::vector<const Metric*>>;
  Groups by_extractor() const;
  std::unique_ptr<Extractor> open(const std::vector<const Metric*>& metrics) const;
  void prepare_extractor(const std::vector<const Metric*>& metrics, const PictureSet& pictures);
  void warn_of_cuts(const Extractor& extractor, const PictureSet& pictures) const;
  void prepare_pairs(const Metric& metric, const PictureSet& pictures, const std::vector<ImageSize>& drawn);
  void attempt(const std::vector<const Metric*>& metrics, const std::function<void()>& measure);
  void of_extractor(const std::vector<const Metric*>& metrics, const PictureSet& pictures, Scores& scores);
  void of_layouts(const Metric& metric, const PictureSet& pictures, Scores& scores);
  void of_pairs(const Metric& metric, const PictureSet& pictures, Scores& scores);
  // See reference_clusters; empty too where the reference's pictures have no captions.
  std::vector<int64_t> clusters_of_reference(const PictureSet& pictures);
  bool needs_features(const std::vector<const Metric*>& metrics, const PictureSet& pictures);
  // How the pictures of `kept` are resampled, and with them those of a reference of reference_n pictures.
  ScoreOptions score_options(const Metric& metric, const PictureSet& pictures, const std::vector<size_t>& kept,
                             int64_t reference_n);
  const ReferenceStats& reference_of(const Extractor& extractor, bool with_features);
  ReferenceStats prepared_reference(const Extractor& extractor, bool with_features);
  ReferenceStats reference_of_npz(const Extractor& extractor, bool with_features) const;
  Extracted extracted(const Extractor& extractor, const PictureSet& pictures) const;
  const PictureSet& reference_pictures();
  const std::string& reference_data_hash();

  MeasureOptions options_;
  MeasureListener listener_;
  bool reference_is_folder_ = false;
  ReferenceFile shipped_;     // where the reference is a file
  ReferenceFile references_;  // those in use
  PictureSet reference_pictures_;
  std::string reference_data_hash_;
  std::exception_ptr failure_;  // the first failure of this measure()
};

}  // namespace mds
