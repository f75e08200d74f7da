#include "pipeline/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "spec/error.h"
#include "spec/sha256.h"

namespace mds {

MappedFile::MappedFile(const std::string& file) {
  const auto reason = [&] { return file + ": cannot be read: " + std::strerror(errno); };
  // Without O_NONBLOCK, opening a named pipe would wait until another process writes to it.
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw FileError(reason());
  struct stat status{};
  std::string problem;
  bool lacks_memory = false;
  if (::fstat(descriptor, &status) != 0)
    problem = reason();
  else if (S_ISDIR(status.st_mode))
    problem = file + ": is a folder; expected a file";
  else if (!S_ISREG(status.st_mode))
    problem = file + ": is no regular file";
  if (problem.empty() && status.st_size > 0) {
    void* const mapped = ::mmap(nullptr, size_t(status.st_size), PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
    if (mapped == MAP_FAILED)
      lacks_memory = errno == ENOMEM, problem = reason();
    else
      data_ = static_cast<char*>(mapped), size_ = size_t(status.st_size);
  }
  ::close(descriptor);
  if (lacks_memory) throw MemoryError(problem);
  if (!problem.empty()) throw FileError(problem);
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(data_, size_);
}

void MappedFile::forget(const void* begin, size_t bytes) const {
  const size_t page = size_t(::sysconf(_SC_PAGESIZE)), from = reinterpret_cast<uintptr_t>(begin);
  const size_t first = (from + page - 1) / page * page, last = (from + bytes) / page * page;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

std::string file_sha256(const std::string& file) {
  constexpr size_t at_once = 16 << 20;
  const MappedFile mapped(file);
  Sha256 hash;
  for (size_t at = 0; at < mapped.bytes().size(); at += at_once) {
    const std::string_view part = mapped.bytes().substr(at, at_once);
    hash.add(part);
    mapped.forget(part.data(), part.size());
  }
  return hash.hex();
}

}  // namespace mds
