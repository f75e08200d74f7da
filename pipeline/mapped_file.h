// A file's bytes as memory, without a copy in RAM. Pages that are written to become private to this process: the file
// never changes. A file that is replaced by rename, as ours are, stays whole for those who have it mapped; one that
// another program cuts short in place while it is being read ends this process (SIGBUS), as mapped files do.
#pragma once

#include <string>
#include <string_view>

namespace mds {

class MappedFile {
 public:
  explicit MappedFile(const std::string& file);  // FileError where it is missing, a folder or no regular file
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {data_, size_}; }
  char* data() const { return data_; }

  // Gives the whole pages among these bytes back: this process holds them no longer, and what was written to them is
  // lost. Reading there again reads the file.
  void forget(const void* begin, size_t bytes) const;

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

// SHA-256 of a file's bytes in lower-case hex; FileError where it cannot be read.
std::string file_sha256(const std::string& file);

}  // namespace mds
