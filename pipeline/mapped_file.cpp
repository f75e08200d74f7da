#include "pipeline/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "spec/describe.h"

namespace mds {

MappedFile::MappedFile(const std::string& file) {
  const auto reason = [&] { return file + ": cannot be read: " + std::strerror(errno); };
  // Without O_NONBLOCK, opening a named pipe would wait for its writer.
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw FileError(reason());
  struct stat status {};
  std::string problem;
  if (::fstat(descriptor, &status) != 0)
    problem = reason();
  else if (S_ISDIR(status.st_mode))
    problem = file + ": is a folder; expected a file";
  else if (!S_ISREG(status.st_mode))
    problem = file + ": is no regular file";
  if (problem.empty() && status.st_size > 0) {
    void* const mapped = ::mmap(nullptr, size_t(status.st_size), PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
    if (mapped == MAP_FAILED)
      problem = reason();
    else
      data_ = static_cast<char*>(mapped), size_ = size_t(status.st_size);
  }
  ::close(descriptor);
  if (!problem.empty()) throw FileError(problem);
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(data_, size_);
}

std::string file_sha256(const std::string& file) { return sha256(MappedFile(file).bytes()); }

}  // namespace mds
