// One process at a time in a folder. The lock goes with the process, however it ends; no file is left.
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
