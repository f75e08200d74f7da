// A piece of work that one process at a time may do, of those that share a folder. The claim ends with the process,
// however it ends.
#pragma once

#include <memory>
#include <string>

namespace mds {

class FileClaim {
 public:
  // Null where another process has the claim. `file` exists while it is held, and may stay when a process is killed;
  // WriteError where it cannot be made. Where a file system has no locks, two may have it.
  static std::unique_ptr<FileClaim> try_to_take(const std::string& file);
  ~FileClaim();  // removes the file
  FileClaim(const FileClaim&) = delete;
  FileClaim& operator=(const FileClaim&) = delete;

 private:
  FileClaim(std::string file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}

  std::string file_;
  int descriptor_;
};

}  // namespace mds
