#include "trainer/latent_shards.h"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "pipeline/mapped_file.h"
#include "pipeline/safetensors.h"
#include "trainer/read_ahead.h"

namespace mds {
namespace {

constexpr int64_t batches_ahead = 2;
constexpr size_t most_open_shards = 128;
constexpr int64_t features_at_once = 8192;

// The last of the ascending beginnings that is at most `at`.
size_t holder_of(const std::vector<int64_t>& begins, int64_t at) {
  return size_t(std::upper_bound(begins.begin(), begins.end(), at) - begins.begin()) - 1;
}

class ShardBytes {
 public:
  explicit ShardBytes(const std::string& file) : file_(file), descriptor_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw FileError(file + ": cannot be read: " + std::strerror(errno));
  }
  ~ShardBytes() { ::close(descriptor_); }
  ShardBytes(const ShardBytes&) = delete;
  ShardBytes& operator=(const ShardBytes&) = delete;

  // Asks for bytes that will be read next, so that the disk may work on several requests at once.
  void expect(int64_t offset, int64_t bytes) const { ::posix_fadvise(descriptor_, offset, bytes, POSIX_FADV_WILLNEED); }
  void read(int64_t offset, char* to, int64_t bytes) const {
    while (bytes > 0) {
      const ssize_t got = ::pread(descriptor_, to, size_t(bytes), offset);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw FileError(file_ + ": cannot be read: " + std::strerror(errno));
      if (got == 0)
        throw FileError(file_ + ": ends at byte " + std::to_string(offset) + "; it was truncated meanwhile");
      offset += got, to += got, bytes -= got;
    }
  }

 private:
  std::string file_;
  int descriptor_;
};

const TensorEntry& entry_of(const SafetensorsHeader& header, const std::string& name, const std::string& file) {
  for (const auto& entry : header.tensors)
    if (entry.name == name) return entry;
  throw FileError(file + ": holds no \"" + name + "\"; it is no shard of latents");
}

// The byte where the tensor begins; FileError where it has another type or size than wanted.
int64_t begin_of(const SafetensorsHeader& header, const TensorEntry& wanted, const std::string& file) {
  const TensorEntry& entry = entry_of(header, wanted.name, file);
  if (entry.type != wanted.type || entry.shape != wanted.shape)
    throw FileError(file + ": " + wanted.name + " is " + std::string(name_of(entry.type)) + " " +
                    sizes_text(entry.shape) + "; latents.json says " + std::string(name_of(wanted.type)) + " " +
                    sizes_text(wanted.shape));
  return int64_t(header.data_begin + entry.begin);
}

}  // namespace

int64_t LatentShards::Layout::training_row(int64_t i) const {
  return i + (std::upper_bound(training_before.begin(), training_before.end(), i) - training_before.begin());
}

class LatentShards::Reader final : public LatentReader {
 public:
  Reader(const LatentShards& shards, int64_t batch, uint64_t seed)
      : shards_(shards), batch_(batch), order_(shards.training_count(), shards.index_.shuffle, seed) {}

  LatentRows batch(int64_t iteration, int64_t first, int64_t count) override {
    const LatentShape& shape = shards_.index_.shape;
    const LatentRows rows{.moments = at::empty({count, 2 * shape.channels, shape.size, shape.size}, at::kHalf),
                          .text = at::empty({count, shape.tokens, shape.width}, at::kHalf)};
    std::vector<Part> parts;
    for (const int64_t row : order_.rows(iteration * batch_ + first, count)) {
      const auto at = int64_t(parts.size()) / 2;
      const size_t shard = holder_of(shards_.training_begins_, row);
      const Layout& layout = shards_.layout(shard);
      const int64_t local = layout.training_row(row - shards_.training_begins_[shard]);
      parts.push_back({shard, layout.moments_at, local, rows.moments[at]});
      parts.push_back({shard, layout.text_at, local, rows.text[at]});
    }
    for (const auto& part : parts) file_of(part.shard)->expect(part.offset(), part.bytes());
    for (const auto& part : parts)
      file_of(part.shard)->read(part.offset(), static_cast<char*>(part.to.data_ptr()), part.bytes());
    return rows;
  }

 private:
  struct Part {
    size_t shard;
    int64_t begin, row;  // of the tensor in bytes; in the tensor
    Tensor to;
    int64_t bytes() const { return to.numel() * int64_t(to.element_size()); }
    int64_t offset() const { return begin + row * bytes(); }
  };

  // A process may have few files open, so the one that was opened first is closed.
  std::shared_ptr<ShardBytes> file_of(size_t shard) {
    const auto found = std::ranges::find(open_, shard, &Open::first);
    if (found != open_.end()) return found->second;
    if (open_.size() == most_open_shards) open_.pop_front();
    return open_.emplace_back(shard, std::make_shared<ShardBytes>(shards_.path(shard))).second;
  }

  using Open = std::pair<size_t, std::shared_ptr<ShardBytes>>;
  const LatentShards& shards_;
  int64_t batch_;
  BlockShuffle order_;
  std::deque<Open> open_{};
};

bool has_latent_shards(const std::string& folder) { return std::filesystem::is_regular_file(index_file(folder)); }

LatentShards::LatentShards(const std::string& folder)
    : folder_(folder), index_(load_index(folder)), training_begins_{0}, held_out_begins_{0} {
  for (const auto& entry : index_.shards) {
    check_shard_size(folder, entry);
    training_begins_.push_back(training_begins_.back() + entry.pairs - entry.held_out);
    held_out_begins_.push_back(held_out_begins_.back() + entry.held_out);
  }
  layouts_.resize(index_.shards.size());
  layout(0);
  empty_text = load_tensors(path(0)).tensors.at("empty_text").clone();
  scale = index_.scale;
  license = index_.license;
  encoders = read_hashes(index_.encoders, {index_file(folder), "encoders"});
  hash = sha256("sharded latents, version 1\n" + to_json(index_).dump());
}

const LatentShards::Layout& LatentShards::layout(size_t shard) const {
  const std::scoped_lock lock(mutex_);
  if (!layouts_[shard]) {
    check_shard_content(folder_, index_.shards[shard]);
    layouts_[shard] = read_layout(shard);
  }
  return *layouts_[shard];
}

LatentShards::Layout LatentShards::read_layout(size_t shard) const {
  const std::string file = path(shard);
  const MappedFile mapped(file);
  const SafetensorsHeader header = parse_safetensors(mapped.bytes(), file);
  const int64_t n = index_.shards[shard].pairs;
  const auto& [channels, size, tokens, width] = index_.shape;
  const auto begin = [&](const char* name, DataType type, std::vector<int64_t> sides) {
    return begin_of(header, {.name = name, .type = type, .shape = std::move(sides)}, file);
  };
  begin("empty_text", DataType::f16, {1, tokens, width});
  Layout layout{.moments_at = begin("moments", DataType::f16, {n, 2 * channels, size, size}),
                .text_at = begin("text", DataType::f16, {n, tokens, width}),
                .training_before = {}};
  const char* held_out = mapped.data() + begin("held_out", DataType::boolean, {n});
  for (int64_t row = 0; row < n; ++row)
    if (held_out[row] != 0) layout.training_before.push_back(row - int64_t(layout.training_before.size()));
  if (int64_t(layout.training_before.size()) != index_.shards[shard].held_out)
    throw FileError(file + ": holds out " + std::to_string(layout.training_before.size()) +
                    " pairs; latents.json says " + std::to_string(index_.shards[shard].held_out));
  return layout;
}

std::unique_ptr<LatentReader> LatentShards::reader(int64_t batch, uint64_t seed) const {
  return reading_ahead(std::make_unique<Reader>(*this, batch, seed), batches_ahead);
}

HeldOutPairs LatentShards::held_out_pairs() const {
  HeldOutPairs pairs;
  std::vector<Tensor> images, texts;
  for (size_t i = 0; i < index_.shards.size(); ++i) {
    layout(i);
    if (index_.shards[i].held_out == 0) continue;
    HeldOutPairs part = load_latents(path(i)).held_out_pairs();
    std::ranges::move(part.captions, std::back_inserter(pairs.captions));
    images.push_back(part.image_features);
    texts.push_back(part.text_features);
  }
  if (images.empty()) return load_latents(path(0)).held_out_pairs();
  pairs.image_features = at::cat(images);
  pairs.text_features = at::cat(texts);
  return pairs;
}

Tensor LatentShards::held_out_text(const Tensor& rows) const {
  std::vector<Tensor> texts;
  for (int64_t i = 0; i < rows.numel(); ++i) {
    const int64_t row = rows[i].item<int64_t>();
    const size_t shard = holder_of(held_out_begins_, row);
    const Tensor text = at::empty({index_.shape.tokens, index_.shape.width}, at::kHalf);
    const int64_t bytes = text.numel() * int64_t(text.element_size());
    const int64_t local = layout(shard).held_out_row(row - held_out_begins_[shard]);
    ShardBytes(path(shard)).read(layout(shard).text_at + local * bytes, static_cast<char*>(text.data_ptr()), bytes);
    texts.push_back(text);
  }
  return at::stack(texts);
}

FeatureStats LatentShards::training_features() const {
  std::call_once(features_read_, [&] { features_ = read_features(); });
  return features_;
}

FeatureStats LatentShards::read_features() const {
  FeatureAccumulator all;
  for (size_t i = 0; i < index_.shards.size(); ++i) {
    layout(i);
    const TensorMap tensors = load_tensors(path(i)).tensors;
    const Tensor rows = at::nonzero(tensors.at("held_out").logical_not()).flatten();
    for (const Tensor& part : rows.split(features_at_once))
      if (part.numel() > 0) all.add(tensors.at("image_features").index_select(0, part));
  }
  return all.stats();
}

}  // namespace mds
