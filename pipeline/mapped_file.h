// A file's bytes as memory, without a copy in RAM. Pages that this process writes become private; the file never
// changes. If the file is replaced by a rename, as mdsearch does, the mapping keeps the old content. If another program
// shortens it in place while it is read, this process ends with SIGBUS, as for any mapped file.
#pragma once

#include <string>
#include <string_view>

namespace mds {

class MappedFile {
 public:
  // FileError where it is missing or not a regular file, MemoryError where there is no room for it.
  explicit MappedFile(const std::string& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {data_, size_}; }
  char* data() const { return data_; }

  // Releases the whole pages among these bytes: they no longer use memory of this process, and what was written to them
  // is lost. Reading them again reads the file.
  void forget(const void* begin, size_t bytes) const;

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

// SHA-256 of a file's bytes in lower-case hex; FileError where it cannot be read.
std::string file_sha256(const std::string& file);

}  // namespace mds
