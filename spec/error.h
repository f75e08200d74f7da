// The kinds of failure that a user can cause or meet. Each message names the place, the value and the allowed range.
// A field of a request stands in backquotes: a command line prints `kid_subset` as --kid-subset. Its `main` is the only
// catch-all: RequestError exits 2, every other exception exits 1.
#pragma once

#include <stdexcept>
#include <string>

namespace mds {

// What a caller asked for and cannot have, such as a name that means nothing.
struct RequestError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A wrong value in a user's JSON, or a spec that no network can be built from.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A file, picture, shard or weight file that is missing, truncated or of another format.
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A file that could not be written: the disk is full, or the folder is read-only.
struct WriteError : FileError {
  using FileError::FileError;
};

// Memory that the machine does not have, or does not give.
struct MemoryError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A database that is missing, of another schema version, or that refused a write.
struct StoreError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A worker's lease on a run has ended, so another worker may have taken the run.
struct LeaseLost : StoreError {
  using StoreError::StoreError;
};

}  // namespace mds
