// What an evaluation measures: pictures, models that draw a list of captions, or autoencoders.
#pragma once

#include "metrics/measure.h"
#include "networks/placement.h"
#include "spec/fields.h"
#include "spec/shape.h"

namespace mds {

struct EvaluationRequest {
  std::string images;                 // folder of pictures to score; or, with `models`,
  std::vector<std::string> models;    // model folders: those that draw, or autoencoders where there are no prompts
  std::string prompts;                // file of captions to draw
  std::string out;                    // folder of the pictures that models draw or return
  std::string reference, split;       // pictures to compare with, and the part of a data set
  std::string metrics;                // "fid,kid"; empty: default_metrics
  std::string save_reference, sheet;  // files to write; empty: none
  std::string db;                     // database that takes the scores; empty: none
  std::string cache = "out/cache";
  std::vector<std::string> weights;  // "NETWORK=FILE"
  int64_t size = 0;                  // pixels at which pictures are compared; 0: as they are
  int64_t captions = 0;              // how many of the prompts; 0: all
  int64_t batch = 32, replicates = 200, seeds = 1, repeats = 1, sheet_rows = 6;
  bool overwrite = false;  // also replace drawn pictures that were made differently
  uint64_t seed = 0;
  Placement placement{};  // of UNet and decoder; other networks are in fp32
  SubsetSizes subsets{};
  GivenFields sampler{};  // override the models' own
  Extent drawn{};         // size of drawn pictures; 0: the model's own

  bool reconstructs() const { return !models.empty() && prompts.empty(); }  // autoencoders, not models that draw
};

// Files and folders that are read, and must not be written to.
std::vector<std::string> inputs_of(const EvaluationRequest& request);

// RequestError where fields contradict each other.
void check(const EvaluationRequest& request);

std::vector<const Metric*> metrics_of(const EvaluationRequest& request);  // RequestError for an unknown name
MeasureOptions measure_options(const EvaluationRequest& request);

}  // namespace mds
