// A file or folder that appears whole or not at all: written under a temporary name beside it, then renamed. Readers
// (and mappings) of a file that is replaced keep what they have. A device or a pipe (/dev/stdout) is written to as it
// is, and of a link what it points to.
#pragma once

#include <cstdint>
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
  void put_in_place();                 // flush and rename, to last through a loss of power; WriteError

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string file_, temporary_;  // no temporary one of a device or a pipe
  int descriptor_;
};

// The folder and those it lies in, where they are not there yet. WriteError.
void make_folder(const std::string& folder);

// What a new folder may find in its place: nothing (or an empty folder), or one that it replaces as a whole.
enum class Before : uint8_t { nothing, replaced };

class NewFolder {
 public:
  // FileError where there is something that it may not replace, WriteError as above.
  explicit NewFolder(const std::string& folder, Before before = Before::nothing);
  ~NewFolder();  // takes the temporary folder away unless it was put in place
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const std::string& path() const { return temporary_; }  // to write into
  void put_in_place();                                    // WriteError

 private:
  std::string folder_, temporary_;
};

// Takes away what killed processes left under temporary names, in a folder and those below it that nobody else writes
// to now.
void remove_unfinished(const std::string& folder);

}  // namespace mds
