#include "data/webdataset.h"

#include <algorithm>
#include <filesystem>

#include "data/shard_samples.h"
#include "spec/bootstrap.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

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

class ShardReader final : public PictureReader {
 public:
  ShardReader(std::vector<std::string> files, int64_t buffer, OrderSeed seed)
      : random_(seed.value_or(0)),
        room_(seed ? size_t(buffer) : 1),
        samples_(ordered(std::move(files), seed), skipped_) {}

  std::optional<EncodedPicture> next() override {
    while (buffer_.size() < room_ && bytes_ < most_buffer_bytes) {
      auto sample = samples_.next();
      if (!sample) break;
      bytes_ += sample->bytes.size();
      buffer_.push_back(std::move(*sample));
    }
    if (buffer_.empty()) return {};
    std::swap(buffer_[random_.next() % buffer_.size()], buffer_.back());
    EncodedPicture drawn = std::move(buffer_.back());
    buffer_.pop_back();
    bytes_ -= drawn.bytes.size();
    return drawn;
  }

 private:
  std::vector<std::string> ordered(std::vector<std::string> files, OrderSeed seed) {
    for (size_t i = files.size(); seed && i > 1; --i) std::swap(files[i - 1], files[random_.next() % i]);
    return files;
  }

  Random random_;
  size_t room_;
  ShardSamples samples_;
  std::vector<EncodedPicture> buffer_;
  size_t bytes_ = 0;  // of the pictures in the buffer
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
