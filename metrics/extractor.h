// Feature networks by name: uint8 pictures of any size to rows of features. Threads read ahead of the network.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/extractor_identity.h"
#include "metrics/picture_set.h"
#include "networks/placement.h"
#include "pipeline/image.h"
#include "pipeline/tokenizer.h"
#include "spec/tensor.h"

namespace mds {

class Extractor {
 public:
  virtual ~Extractor() = default;

  // One picture (uint8, 1 x 3 x H x W) as the network's input, 3 x S x S. Called from many threads at once.
  virtual Tensor prepared(const Tensor& picture_1CHW) const = 0;
  // Turns N prepared pictures into rows of features, float32 N x D on the CPU.
  virtual Tensor features(const Tensor& prepared_NCHW) const = 0;
  // Features of texts, N x D in the same space; ConfigError where the network has no text tower.
  virtual Tensor text_features(const std::vector<std::string>& texts) const;
  // What is cut from a text that is longer than the context of the text tower.
  virtual std::optional<Truncation> truncation(const std::string&) const { return std::nullopt; }

  const ExtractorIdentity& identity() const { return identity_; }

 protected:
  explicit Extractor(ExtractorIdentity identity) : identity_(std::move(identity)) {}

 private:
  ExtractorIdentity identity_;
};

// The weight files by network, as given by `--weights NETWORK=FILE`.
using WeightFiles = std::map<std::string, std::string>;

// Parses "NETWORK=FILE" texts; RequestError, naming `flag`, for another form.
WeightFiles parse_weight_files(const std::string& flag, const std::vector<std::string>& given);

// The file or model folder of a network's weights: the one given, else the place where the project or scripts/setup.sh
// puts them. RequestError, naming the flag, where there is no usual place; FileError where nothing is there.
std::string weights_of_network(const std::string& network, const WeightFiles& weights);
std::string hash_of_weights(const std::string& weights);  // SHA-256

struct ExtractorChoice {
  std::string network, resizer;
  bool with_texts = false;
};
// RequestError, naming the network and the flag, where it needs weights that were not given; FileError where they do
// not fit the network.
std::unique_ptr<Extractor> open_extractor(const ExtractorChoice& choice, const WeightFiles& weights,
                                          const Placement& placement = {});

struct ExtractOptions {
  int64_t batch = 32;
  int64_t size = 0;  // the largest centre square of each picture is first resized to this side; 0: it is not
  std::function<void(int64_t)> tick{};  // receives the number of pictures done
};

// Seconds of work for reading and for the network; the two overlap.
struct ExtractRates {
  int64_t pictures = 0;
  double reading_s = 0;  // decoding and resizing, summed over all threads
  double network_s = 0;
};
std::string to_string(const ExtractRates& rates);  // pictures a second of both, and which limits

struct Extracted {
  Tensor features_ND;        // float32
  std::vector<size_t> kept;  // row i belongs to picture kept[i] of the set
  FolderReport skipped;      // pictures that cannot be decoded, and those whose features are not finite
  ExtractRates rates;
};

// Rows in the order of the set. The pixels that a network sees do not depend on the batch; other pictures of the batch
// change a feature only by rounding (1e-6 relative). FileError where no picture is left.
Extracted extract(const Extractor& extractor, const PictureSet& set, const ExtractOptions& options = {});

// A decoded picture at the size at which scores compare pictures, uint8 1 x 3 x H x W.
Tensor comparison_picture(const std::string& file, int64_t size);

}  // namespace mds
