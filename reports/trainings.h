// What the stored configurations and runs of models say of their training.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reports/rows.h"

namespace mds {

// The guidance that a network's weights hold, as one number or a range.
struct AbsorbedGuidance {
  double low = 1, high = 1;
  bool operator==(const AbsorbedGuidance&) const = default;
};

// What a training took: the time of its iterations, and the most memory of its process or GPU.
struct TrainingCost {
  double seconds = 0;
  std::optional<double> peak_bytes{};
};

class ModelTrainings {
 public:
  explicit ModelTrainings(const Database& database);

  // The configuration of the training that made the model; null where it is not stored.
  const Json& config(const std::string& model) const;
  // The same for all seeds: without name, seed and what changes no weights, and with the same of the models that it was
  // trained from in place of their folders. Null where the model's own is not stored.
  Json without_seed(const std::string& model) const;

  // Of the training, and of all since the last one of stage base. Absent where a run is not stored.
  std::optional<TrainingCost> cost(const std::string& model) const;
  std::optional<TrainingCost> cost_since_base(const std::string& model) const;

  // Of the last training that absorbed guidance, of this model or of one that it was trained from. Absent where a
  // configuration on the way is not stored, and where none did.
  std::optional<AbsorbedGuidance> absorbed(const std::string& model) const;

 private:
  Json without_seed(const std::string& model, int64_t depth) const;
  std::string named(const std::string& folder) const;  // the hash of the only model of that name, or empty
  const ModelRow* predecessor(const std::string& model) const;

  const Database& database_;
  std::map<std::string, std::string> runs_;  // of models, the beginning of their protocols
  std::map<std::string, Json> configs_;
  std::map<std::string, ModelRow> models_;
  std::vector<SweepCandidate> trained_;
};

}  // namespace mds
