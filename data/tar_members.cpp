#include "data/tar_members.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>
#include <vector>

namespace mds {
namespace {

using Filter = int (*)(archive*);

// The filters that this libarchive unpacks itself. It warns of one for which it would start a program, and such a
// filter cannot be taken back, so they are tried on a reader that reads nothing.
const std::vector<Filter>& own_filters() {
  static const std::vector<Filter> filters = [] {
    std::vector<Filter> own;
    archive* trial = archive_read_new();
    for (const Filter support : {archive_read_support_filter_gzip, archive_read_support_filter_bzip2,
                                 archive_read_support_filter_xz, archive_read_support_filter_zstd})
      if (support(trial) == ARCHIVE_OK) own.push_back(support);
    archive_read_free(trial);
    return own;
  }();
  return filters;
}

}  // namespace

void TarMembers::Close::operator()(archive* reader) const { archive_read_free(reader); }

TarMembers::TarMembers(std::string file, FolderReport& skipped, TarBounds bounds)
    : file_(std::move(file)), skipped_(skipped), bounds_(bounds), archive_(archive_read_new()) {
  for (const auto support : own_filters()) support(archive_.get());
  archive_read_support_format_tar(archive_.get());
  std::error_code unreadable;
  const auto bytes = std::filesystem::file_size(file_, unreadable);
  const int64_t stored = unreadable ? 0 : int64_t(std::min<uintmax_t>(bytes, uintmax_t(INT64_MAX / bounds_.growth)));
  most_bytes_ = std::max(bounds_.always_bytes, bounds_.growth * stored);
  if (archive_read_open_filename(archive_.get(), file_.c_str(), 1 << 16) != ARCHIVE_OK) give_up();
}

std::optional<std::string> TarMembers::next() {
  while (!ended_) {
    // libarchive unpacks the rest of the member before to reach the next one.
    if (entry_ && is_bomb(archive_entry_size(entry_))) break;
    const int status = archive_read_next_header(archive_.get(), &entry_);
    if (status == ARCHIVE_EOF) break;
    if (status < ARCHIVE_WARN) return give_up(), std::nullopt;
    if (++members_ > bounds_.members)
      return give_up("it has more than " + std::to_string(bounds_.members) + " members"), std::nullopt;
    if (archive_entry_filetype(entry_) != AE_IFREG) continue;
    const char* path = archive_entry_pathname(entry_);
    path_ = path ? path : "";
    return path_;
  }
  ended_ = true;
  return {};
}

std::optional<std::string> TarMembers::read(size_t most) {
  if (archive_entry_size(entry_) > int64_t(most)) {
    skip("a member of more than " + std::to_string(most) + " bytes");
    return {};
  }
  std::string bytes;
  const void* block = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  while (true) {
    const int status = archive_read_data_block(archive_.get(), &block, &size, &offset);
    if (status == ARCHIVE_EOF) return bytes;
    const bool fits = offset >= 0 && size <= most && size_t(offset) <= most - size;
    if (status < ARCHIVE_WARN || !fits || is_bomb(0)) {
      skip("a damaged or truncated member");
      if (status == ARCHIVE_FATAL) give_up();
      return {};
    }
    bytes.resize(size_t(offset));  // the holes of a sparse member are zeros
    bytes.append(static_cast<const char*>(block), size);
  }
}

void TarMembers::skip(const std::string& reason) { skipped_.skips.push_back({file_ + "/" + path_, reason}); }

void TarMembers::give_up(const std::string& reason) {
  const char* its = archive_error_string(archive_.get());
  skipped_.skips.push_back(
      {file_, "a shard that breaks off: " + (reason.empty() ? its ? its : "unknown error" : reason)});
  ended_ = true;
}

bool TarMembers::is_bomb(int64_t coming_bytes) {
  const int64_t unpacked = archive_filter_bytes(archive_.get(), 0);
  if (coming_bytes <= most_bytes_ && unpacked <= most_bytes_ - std::max<int64_t>(coming_bytes, 0)) return false;
  give_up("its members have more than " + std::to_string(most_bytes_) + " bytes; allowed: " +
          std::to_string(bounds_.growth) + " times the size of its file, or " + std::to_string(bounds_.always_bytes));
  return true;
}

}  // namespace mds
