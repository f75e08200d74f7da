// mdsearch db delete: takes a sweep, a run or a model out of a database, with the files that only it had.
#pragma once

#include "reports/table.h"
#include "search/store/store.h"

namespace mds {

struct Deletion {
  std::string kind;  // "sweep", "run" or "model"
  std::string name;  // of the sweep; of a run its number or SWEEP/CANDIDATE; of a model its folder or its hash
  bool keep_files = false;
};

// What went, as text. Files are looked for in the working folder, where sweeps leave them; models keep theirs.
// UsageError where nothing, or more than one thing, has that name; StoreError while a worker is at it.
std::string deleted(Store& store, const Deletion& deletion, Format format);

}  // namespace mds
