#pragma once

#include "spec/error.h"

namespace mds {

// A flag or argument of the command line that cannot be used.
struct UsageError : RequestError {
  using RequestError::RequestError;
};

}  // namespace mds
