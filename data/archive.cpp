#include "data/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>

#include "spec/error.h"

namespace mds {
namespace {

struct Close {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, Close>;

[[noreturn]] void fail(const std::string& file, archive* reader) {
  const char* reason = archive_error_string(reader);
  throw FileError(file + ": cannot be unpacked: " + (reason == nullptr ? "unknown" : reason));
}

void open(const std::string& file, archive* reader) {
  if (archive_read_open_filename(reader, file.c_str(), 1 << 16) != ARCHIVE_OK) fail(file, reader);
}

// False at the end of the archive.
bool next(const std::string& file, archive* reader, archive_entry*& entry) {
  const int status = archive_read_next_header(reader, &entry);
  if (status != ARCHIVE_OK && status != ARCHIVE_WARN && status != ARCHIVE_EOF) fail(file, reader);
  return status != ARCHIVE_EOF;
}

std::string member(const std::string& file, archive* reader) {
  std::string bytes;
  std::array<char, 65536> buffer;
  while (const auto size = archive_read_data(reader, buffer.data(), buffer.size())) {
    if (size < 0) fail(file, reader);
    bytes.append(buffer.data(), size_t(size));
    if (int64_t(bytes.size()) > max_member_bytes)
      throw FileError(file + ": a member unpacks to more than " + std::to_string(max_member_bytes) + " bytes");
  }
  return bytes;
}

}  // namespace

std::map<std::string, std::string> read_zip(const std::string& file,
                                            const std::function<bool(const std::string&)>& wanted) {
  const Reader reader(archive_read_new());
  archive_read_support_format_zip(reader.get());
  open(file, reader.get());
  std::map<std::string, std::string> members;
  int64_t entries = 0, bytes = 0;
  for (archive_entry* entry = nullptr; next(file, reader.get(), entry);) {
    if (++entries > max_zip_members)
      throw FileError(file + ": has more than " + std::to_string(max_zip_members) + " members");
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr || !wanted(name)) continue;
    bytes += int64_t((members[name] = member(file, reader.get())).size());
    if (bytes > max_zip_bytes)
      throw FileError(file + ": unpacks to more than " + std::to_string(max_zip_bytes) + " bytes");
  }
  return members;
}

std::string read_gzip(const std::string& file) {
  const Reader reader(archive_read_new());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_raw(reader.get());
  open(file, reader.get());
  archive_entry* entry = nullptr;
  if (!next(file, reader.get(), entry)) return "";
  if (archive_filter_code(reader.get(), 0) != ARCHIVE_FILTER_GZIP) throw FileError(file + ": is no gzip file");
  return member(file, reader.get());
}

}  // namespace mds
