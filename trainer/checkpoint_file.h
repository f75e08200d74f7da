// The checkpoint of a run, and beside it its hash, by which damage is noticed before anything is trained on.
//   FILE         what Loop::write writes
//   FILE.sha256  SHA-256 in hex, one a line: of the file that is replaced, if there is one, and of its replacement
// The hashes are put in place before the file. So at whatever moment the process is killed, one of them is the file's.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>

#include "trainer/loop.h"

namespace mds {

class CheckpointFile {
 public:
  explicit CheckpointFile(std::string file) : file_(std::move(file)) {}
  CheckpointFile(const CheckpointFile&) = delete;
  CheckpointFile& operator=(const CheckpointFile&) = delete;

  const std::string& file() const { return file_; }

  // Hashes the file, if there is one. FileError where it cannot be read as tensors, with the place, or has none of the
  // hashes beside it.
  void check();
  const std::string& sha256() const { return sha256_; }  // of the file that is there; empty before check() and save()

  // If check() found no hashes beside the file, as earlier versions of the program left none, stores the file's hash
  // and returns a warning, else "". WriteError.
  std::string adopt();

  // Writes the state of the loop; WriteError. Hashing and flushing, which take seconds for a large file, go on in the
  // background, and then the file takes its place.
  void save(const Loop& loop, const std::string& identity);

  // Waits for the last save() and returns its iteration, once: after that, and before any save(), nothing. WriteError
  // where the file could not be put in place.
  std::optional<int64_t> saved();
  void wait() const;  // without taking the result

 private:
  std::string place(std::unique_ptr<NewFile> written) const;  // returns its hash
  void save_hashes(const std::string& before, const std::string& after) const;

  std::string file_, sha256_;
  bool without_hashes_ = false;
  int64_t iteration_ = 0;             // of the last save()
  std::future<std::string> placing_;  // last, so that it ends before what it reads
};

}  // namespace mds
