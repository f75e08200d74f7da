// Keeps other processes out of a folder. The lock ends with the process, however it ends, and leaves no file.
#pragma once

#include <string>

namespace mds {

class FolderLock {
 public:
  explicit FolderLock(const std::string& folder);  // FileError where another process holds it
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace mds
