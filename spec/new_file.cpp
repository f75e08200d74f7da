#include "spec/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "spec/error.h"

namespace mds {

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

void NewFile::fail(const char* what) const { throw WriteError(file_ + ": " + what + ": " + std::strerror(errno)); }

}  // namespace mds
