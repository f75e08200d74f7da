#include "spec/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "spec/error.h"

namespace mds {

namespace fs = std::filesystem;

NewFile::NewFile(std::string file) : file_(std::move(file)), temporary_(file_ + ".tmp" + std::to_string(::getpid())) {
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail("cannot be created");
}

NewFile::~NewFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot be written");
    bytes.remove_prefix(size_t(n));
  }
}

void NewFile::put_in_place() {
  if (::fsync(descriptor_) != 0) fail("cannot be flushed");
  if (::rename(temporary_.c_str(), file_.c_str()) != 0) fail("cannot be put in place");
  ::close(std::exchange(descriptor_, -1));
}

NewFolder::NewFolder(const std::string& folder) : folder_(folder) {
  while (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
  std::error_code error;
  if (fs::exists(folder_) && !(fs::is_directory(folder_) && fs::is_empty(folder_, error)))
    throw FileError(folder_ + ": exists already; remove it or choose another name");
  const std::string temporary = folder_ + ".tmp" + std::to_string(::getpid());
  fs::remove_all(temporary, error);
  if (!fs::create_directories(temporary, error))
    throw WriteError(temporary + ": cannot be created: " + error.message());
  temporary_ = temporary;
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void NewFolder::put_in_place() {
  std::error_code error;
  fs::rename(temporary_, folder_, error);
  if (error) throw WriteError(folder_ + ": cannot be put in place: " + error.message());
  temporary_.clear();
}

void NewFile::fail(const char* what) const { throw WriteError(file_ + ": " + what + ": " + std::strerror(errno)); }

}  // namespace mds
