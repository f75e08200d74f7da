#include "data/webdataset.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>

#include "data/utf8.h"
#include "spec/bootstrap.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr int64_t most_member_bytes = int64_t(256) << 20;
constexpr size_t most_names = 1'000'000;

// All texts that the inside of one pair of braces stands for.
std::vector<std::string> alternatives(const std::string& inside, const std::string& pattern) {
  std::vector<std::string> all;
  const size_t dots = inside.find("..");
  if (dots == std::string::npos) {
    for (size_t at = 0; at <= inside.size();) {
      const size_t comma = std::min(inside.find(',', at), inside.size());
      all.push_back(inside.substr(at, comma - at));
      at = comma + 1;
    }
    return all;
  }
  const std::string first = inside.substr(0, dots), last = inside.substr(dots + 2);
  const auto digits = [](const std::string& text) {
    return !text.empty() && text.size() <= 9 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!digits(first) || !digits(last) || std::stoll(last) < std::stoll(first))
    throw ConfigError(pattern + ": {" + inside + "} is no range; expected {FIRST..LAST}, such as {0000..0009}");
  if (size_t(std::stoll(last) - std::stoll(first)) >= most_names)
    throw ConfigError(pattern + ": {" + inside + "} stands for more than 1000000 names");
  for (int64_t i = std::stoll(first); i <= std::stoll(last); ++i) {
    const std::string number = std::to_string(i);
    all.push_back(std::string(first.size() - std::min(first.size(), number.size()), '0') + number);
  }
  return all;
}

struct Member {
  std::string key, extension, bytes;
};

// Reads the members of one tar in order. After an error the rest of the archive cannot be found.
class Tar {
 public:
  Tar(std::string file, FolderReport& skipped) : file_(std::move(file)), skipped_(skipped) {
    archive_read_support_filter_all(archive_.get());
    archive_read_support_format_tar(archive_.get());
    if (archive_read_open_filename(archive_.get(), file_.c_str(), 1 << 16) != ARCHIVE_OK) give_up();
  }

  std::optional<Member> next() {
    archive_entry* entry = nullptr;
    while (!ended_) {
      const int status = archive_read_next_header(archive_.get(), &entry);
      if (status == ARCHIVE_EOF) break;
      if (status < ARCHIVE_WARN) return give_up(), std::nullopt;
      if (archive_entry_filetype(entry) != AE_IFREG) continue;
      const char* raw = archive_entry_pathname(entry);
      const std::string path = raw ? raw : "";
      const size_t dot = path.find('.', path.rfind('/') + 1);
      if (dot == std::string::npos) continue;
      Member member{path.substr(0, dot), lower(path.substr(dot + 1)), {}};
      if (archive_entry_size(entry) > most_member_bytes) {
        skipped_.skips.push_back({file_ + "/" + path, "a member of more than 256 MiB"});
      } else if (read(member, path)) {
        return member;
      }
    }
    ended_ = true;
    return {};
  }

 private:
  static std::string lower(std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    return text;
  }

  bool read(Member& member, const std::string& path) {
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    while (true) {
      const int status = archive_read_data_block(archive_.get(), &block, &size, &offset);
      if (status == ARCHIVE_EOF) return true;
      if (status < ARCHIVE_WARN || int64_t(offset) + int64_t(size) > most_member_bytes) {
        skipped_.skips.push_back({file_ + "/" + path, "a damaged or truncated member"});
        if (status == ARCHIVE_FATAL) give_up();
        return false;
      }
      member.bytes.resize(size_t(offset));  // the holes of a sparse member are zeros
      member.bytes.append(static_cast<const char*>(block), size);
    }
  }

  void give_up() {
    const char* reason = archive_error_string(archive_.get());
    skipped_.skips.push_back({file_, "a shard that breaks off: " + std::string(reason ? reason : "unknown error")});
    ended_ = true;
  }

  std::string file_;
  FolderReport& skipped_;
  std::unique_ptr<archive, decltype(&archive_read_free)> archive_{archive_read_new(), archive_read_free};
  bool ended_ = false;
};

// The caption in JSON text; empty if there is none.
std::string json_caption(const std::string& text) {
  const Json json = json_or_null(text, most_json_line_bytes);
  for (const char* key : {"caption", "text"})
    if (json.is_object() && json.contains(key) && json[key].is_string()) return json[key].get<std::string>();
  return "";
}

// Samples of shards in the order given, one file after the other.
class SampleReader {
 public:
  SampleReader(std::vector<std::string> files, FolderReport& skipped) : files_(std::move(files)), skipped_(skipped) {}

  std::optional<EncodedPicture> next() {
    while (at_ < files_.size()) {
      if (!tar_) {
        tar_ = std::make_unique<Tar>(files_[at_], skipped_);
        ahead_ = tar_->next();
      }
      if (!ahead_) {
        tar_.reset();
        ++at_;
      } else if (auto sample = next_sample()) {
        return sample;
      }
    }
    return {};
  }

 private:
  std::optional<EncodedPicture> next_sample() {
    const std::string key = ahead_->key;
    EncodedPicture sample{.name = files_[at_] + "/" + key, .id = key, .caption = {}, .bytes = {}};
    bool has_picture = false;
    for (; ahead_ && ahead_->key == key; ahead_ = tar_->next()) {
      if (is_picture_ending("." + ahead_->extension)) {
        sample.bytes = std::move(ahead_->bytes);
        has_picture = true;
      }
      if (ahead_->extension == "txt") sample.caption = trimmed(ahead_->bytes);
      if (ahead_->extension == "json" && sample.caption.empty()) sample.caption = trimmed(json_caption(ahead_->bytes));
    }
    const std::string reason = !has_picture               ? "a caption without a picture"
                               : sample.bytes.empty()     ? "an empty picture"
                               : sample.caption.empty()   ? "a picture without a caption"
                               : !is_utf8(sample.caption) ? "a caption that is not UTF-8"
                                                          : "";
    if (reason.empty()) return sample;
    skipped_.skips.push_back({sample.name, reason});
    return {};
  }

  std::vector<std::string> files_;
  FolderReport& skipped_;
  size_t at_ = 0;
  std::unique_ptr<Tar> tar_;
  std::optional<Member> ahead_;
};

class ShardReader final : public PictureReader {
 public:
  ShardReader(std::vector<std::string> files, int64_t buffer, OrderSeed seed)
      : random_(seed.value_or(0)),
        room_(seed ? size_t(buffer) : 1),
        samples_(ordered(std::move(files), seed), skipped_) {}

  std::optional<EncodedPicture> next() override {
    while (buffer_.size() < room_) {
      auto sample = samples_.next();
      if (!sample) break;
      buffer_.push_back(std::move(*sample));
    }
    if (buffer_.empty()) return {};
    std::swap(buffer_[random_.next() % buffer_.size()], buffer_.back());
    EncodedPicture drawn = std::move(buffer_.back());
    buffer_.pop_back();
    return drawn;
  }

 private:
  std::vector<std::string> ordered(std::vector<std::string> files, OrderSeed seed) {
    for (size_t i = files.size(); seed && i > 1; --i) std::swap(files[i - 1], files[random_.next() % i]);
    return files;
  }

  Random random_;
  size_t room_;
  SampleReader samples_;
  std::vector<EncodedPicture> buffer_;
};

class ShardSource final : public PictureSource {
 public:
  explicit ShardSource(const ShardsConfig& config) : files_(expand_braces(config.shards)), buffer_(config.buffer) {
    for (const auto& file : files_)
      if (!fs::is_regular_file(file)) throw FileError(file + ": there is no such shard");
  }
  std::unique_ptr<PictureReader> open(OrderSeed seed) const override {
    return std::make_unique<ShardReader>(files_, buffer_, seed);
  }
  // Shards are too large to be hashed completely: their names, sizes and first 64 KiB are hashed instead.
  std::string hash() const override {
    Json list = Json::array();
    for (const auto& file : files_)
      list.push_back({fs::path(file).filename().string(), fs::file_size(file), sha256(load_bytes(file, 1 << 16))});
    return sha256("shards, buffer " + std::to_string(buffer_) + list.dump());
  }

 private:
  std::vector<std::string> files_;
  int64_t buffer_;
};

}  // namespace

std::vector<std::string> expand_braces(const std::string& pattern) {
  const size_t open = pattern.find('{'), close = pattern.find('}');
  if (open == std::string::npos && close == std::string::npos) return {pattern};
  if (open == std::string::npos || close == std::string::npos || close < open)
    throw ConfigError(pattern + ": a brace has no partner");
  const auto tails = expand_braces(pattern.substr(close + 1));
  std::vector<std::string> names;
  for (const auto& middle : alternatives(pattern.substr(open + 1, close - open - 1), pattern))
    for (const auto& tail : tails) {
      if (names.size() == most_names) throw ConfigError(pattern + ": stands for more than 1000000 names");
      names.push_back(pattern.substr(0, open) + middle + tail);
    }
  return names;
}

SourcePtr open_shards(const ShardsConfig& config) { return std::make_shared<ShardSource>(config); }

}  // namespace mds
