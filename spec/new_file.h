// A file or folder that appears complete or not at all: it is written under a temporary name beside it, then renamed.
// Whoever reads or maps a file while it is replaced keeps the old content. A device or a pipe (/dev/stdout) is written
// to directly; a link stays, and the file that it points to is replaced.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mds {

class NewFile {
 public:
  explicit NewFile(std::string file);  // WriteError where it cannot be created
  ~NewFile();                          // removes the temporary file unless it was put in place
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // Where the bytes are until they are put in place.
  const std::string& path() const { return temporary_.empty() ? file_ : temporary_; }
  void write(std::string_view bytes);  // appends; WriteError
  void put_in_place();                 // flushes and renames, so that the file survives a loss of power; WriteError

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string file_, temporary_;  // temporary_ is empty for a device or a pipe
  int descriptor_;
};

// Creates the folder and its parents where they do not exist yet. WriteError.
void make_folder(const std::string& folder);

// What may exist where the new folder goes: nothing (or an empty folder), or a folder that it replaces as a whole.
enum class Before : uint8_t { nothing, replaced };

class NewFolder {
 public:
  // FileError where something exists that it may not replace; WriteError as above.
  explicit NewFolder(const std::string& folder, Before before = Before::nothing);
  ~NewFolder();  // removes the temporary folder unless it was put in place
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const std::string& path() const { return temporary_; }  // the folder to write into
  void put_in_place();                                    // WriteError

 private:
  std::string folder_, temporary_;
};

std::string host_name();  // of this machine; in the names of temporary files

// Removes the temporary files that killed processes left in a folder and the folders below it; those of other processes
// that live, and of other hosts, stay. This process may not be writing there now.
void remove_unfinished(const std::string& folder);

}  // namespace mds
