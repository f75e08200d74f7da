// A file that appears whole or not at all: written under a temporary name beside it, flushed, then renamed over the
// old one, whose readers (and mappings) keep what they have.
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

}  // namespace mds
