// A flag or argument of the command line that cannot be used.
#pragma once

#include "spec/error.h"

namespace mds {

struct UsageError : RequestError {
  using RequestError::RequestError;
};

}  // namespace mds
