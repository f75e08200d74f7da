#include "experiments/file_claim.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "spec/error.h"

namespace mds {

std::unique_ptr<FileClaim> FileClaim::try_to_take(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) throw WriteError(file + ": cannot be made: " + std::strerror(errno));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor);
    return nullptr;
  }
  return std::unique_ptr<FileClaim>(new FileClaim(file, descriptor));
}

// Removed before the lock ends: who waits for it elsewhere then has a lock on a file without a name, and finds the work
// done.
FileClaim::~FileClaim() {
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

}  // namespace mds
