// A file or folder that appears whole or not at all: written under a temporary name beside it, then renamed. Readers
// (and mappings) of a file that is replaced keep what they have.
#pragma once

#include <string>
#include <string_view>

namespace mds {

class NewFile {
 public:
  explicit NewFile(std::string file);  // WriteError where it cannot be created
  ~NewFile();                          // takes the temporary file away unless it was put in place
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::string_view bytes);  // appends; WriteError
  void put_in_place();                 // flush and rename; WriteError

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string file_, temporary_;
  int descriptor_;
};

// A folder that must not be there before, or be empty.
class NewFolder {
 public:
  explicit NewFolder(const std::string& folder);  // FileError where it holds something, WriteError as above
  ~NewFolder();                                   // takes the temporary folder away unless it was put in place
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const std::string& path() const { return temporary_; }  // to write into
  void put_in_place();                                    // WriteError

 private:
  std::string folder_, temporary_;
};

}  // namespace mds
