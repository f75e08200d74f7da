#include "spec/new_file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "spec/error.h"

namespace mds {

namespace fs = std::filesystem;

std::string host_name() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return host;
}

namespace {

constexpr std::string_view mark = ".tmp";  // followed by the process id, "@" and the host

std::string temporary_name(const std::string& name) {
  return name + std::string(mark) + std::to_string(::getpid()) + "@" + host_name();
}

// One that was killed and that its parent has not asked for yet is gone too.
bool is_gone(pid_t process) {
  if (::kill(process, 0) != 0) return errno == ESRCH;
  std::string stat;
  std::getline(std::ifstream("/proc/" + std::to_string(process) + "/stat"), stat);
  const auto state = stat.rfind(") ");  // behind the program's name, which may hold anything
  return state != stat.npos && stat.compare(state + 2, 1, "Z") == 0;
}

// Whether it is the name of a temporary file whose process is gone. One with this process's id is of an earlier
// process. What a process of another host is at cannot be known from here.
bool is_left_behind(const std::string& name) {
  const auto at = name.rfind(mark), host = std::min(name.find('@', at == name.npos ? 0 : at), name.size());
  if (at == name.npos || at + mark.size() >= host) return false;
  if (host != name.size() && name.substr(host + 1) != host_name()) return false;
  const char *begin = name.data() + at + mark.size(), *end = name.data() + host;
  if (std::find_if(begin, end, [](char c) { return c < '0' || c > '9'; }) != end) return false;
  pid_t process = 0;
  const bool possible = std::from_chars(begin, end, process).ec == std::errc() && process > 0;
  return !possible || process == ::getpid() || is_gone(process);
}

// Best effort: a file system that cannot flush a folder keeps its own order of writes.
void flush_folder_of(const std::string& name) {
  const auto folder = fs::path(name).parent_path();
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

// Removes what killed processes left of the folder.
void remove_left_of(const std::string& folder) {
  const fs::path path(folder), parent = path.parent_path();
  const std::string begin = path.filename().string() + std::string(mark);
  std::error_code ignored;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(parent.empty() ? "." : parent, ignored))
    if (const auto name = entry.path().filename().string(); name.starts_with(begin) && is_left_behind(name))
      found.push_back(entry.path());
  for (const auto& left : found) fs::remove_all(left, ignored);
}

}  // namespace

NewFile::NewFile(std::string file) : file_(std::move(file)) {
  std::error_code ignored;
  const auto status = fs::status(file_, ignored);
  const bool replaced = !fs::exists(status) || fs::is_regular_file(status) || fs::is_directory(status);
  if (fs::is_symlink(fs::symlink_status(file_, ignored)) && fs::is_regular_file(status)) {
    const auto target = fs::canonical(file_, ignored);
    if (!ignored) file_ = target.string();
  }
  if (replaced) temporary_ = temporary_name(file_);
  // In a folder that others write to, the temporary name may be a link that somebody laid.
  const int flags = replaced ? O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC : O_WRONLY | O_CLOEXEC;
  descriptor_ = ::open(replaced ? temporary_.c_str() : file_.c_str(), flags, 0644);
  if (descriptor_ < 0) fail("cannot be created");
}

NewFile::~NewFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
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
  if (temporary_.empty()) {
    if (::close(std::exchange(descriptor_, -1)) != 0) fail("cannot be written");
    return;
  }
  if (::fsync(descriptor_) != 0) fail("cannot be flushed");
  if (::rename(temporary_.c_str(), file_.c_str()) != 0) fail("cannot be put in place");
  ::close(std::exchange(descriptor_, -1));
  flush_folder_of(file_);
}

void make_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw WriteError(folder + ": cannot be made: " + error.message());
}

NewFolder::NewFolder(const std::string& folder, Before before) : folder_(folder) {
  while (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
  std::error_code error;
  const bool is_folder = fs::is_directory(folder_);
  if (fs::exists(folder_) && !(is_folder && (before == Before::replaced || fs::is_empty(folder_, error))))
    throw FileError(folder_ + ": exists already; remove it or choose another name");
  const std::string temporary = temporary_name(folder_);
  remove_left_of(folder_);
  if (!fs::create_directories(temporary, error))
    throw WriteError(temporary + ": cannot be created: " + error.message());
  temporary_ = temporary;
}

NewFolder::~NewFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

// Where the file system can, the new folder swaps places with an older one in one step; the older one is then removed.
void NewFolder::put_in_place() {
  std::error_code error;
  if (fs::is_directory(folder_)) {
    if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, folder_.c_str(), RENAME_EXCHANGE) == 0) {
      flush_folder_of(folder_);
      return;  // the destructor removes the older folder
    }
    fs::remove_all(folder_, error);
  }
  fs::rename(temporary_, folder_, error);
  if (error) throw WriteError(folder_ + ": cannot be put in place: " + error.message());
  temporary_.clear();
  flush_folder_of(folder_);
}

void remove_unfinished(const std::string& folder) {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (auto at = fs::recursive_directory_iterator(folder, ignored); at != fs::recursive_directory_iterator();
       at.increment(ignored)) {
    if (!is_left_behind(at->path().filename().string())) continue;
    found.push_back(at->path());
    at.disable_recursion_pending();
  }
  for (const auto& path : found) fs::remove_all(path, ignored);
}

void NewFile::fail(const char* what) const { throw WriteError(file_ + ": " + what + ": " + std::strerror(errno)); }

}  // namespace mds
