// Removes a sweep, a run or a model from a database, and the files that belonged only to it.
#pragma once

#include "experiments/run_files.h"
#include "reports/table.h"
#include "search/store/store.h"

namespace mds {

struct Deletion {
  std::string kind;  // "sweep", "run" or "model"
  std::string name;  // of the sweep; a run's number or SWEEP/CANDIDATE; a model's folder or hash
  bool keep_files = false;
  std::string artifacts = usual_artifacts;
};

// Removes it and returns what was removed, as text. Files of models stay. RequestError where nothing, or more than one
// thing, has that name; StoreError while a worker holds a run.
std::string deleted(Database& database, const Deletion& deletion, Format format);

}  // namespace mds
