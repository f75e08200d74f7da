// Tells a database that nothing was stored in from one that holds something else.
#pragma once

#include "spec/error.h"

namespace mds {

// The file has no table: it is empty, or the process that began it was killed before its tables were there.
struct EmptyDatabase : StoreError {
  using StoreError::StoreError;
};

}  // namespace mds
