#include "data/picture_source.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>

#include "data/coco.h"
#include "data/sources.h"
#include "data/webdataset.h"
#include "spec/bootstrap.h"
#include "spec/describe.h"
#include "spec/license.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

class ListReader final : public PictureReader {
 public:
  ListReader(const std::vector<Pair>& pairs, OrderSeed seed) : pairs_(pairs), order_(pairs.size()) {
    std::iota(order_.begin(), order_.end(), size_t(0));
    if (!seed) return;
    Random random(*seed);
    for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.next() % i]);
  }
  std::optional<EncodedPicture> next() override {
    if (at_ >= order_.size()) return {};
    const Pair& pair = pairs_[order_[at_++]];
    return EncodedPicture{.name = pair.file, .id = pair.id, .caption = pair.caption, .bytes = {}, .split = pair.split};
  }
  void skip(int64_t samples) override { at_ += size_t(samples); }

 private:
  const std::vector<Pair>& pairs_;
  std::vector<size_t> order_;
  size_t at_ = 0;
};

class ListedSource final : public PictureSource {
 public:
  ListedSource(std::vector<Pair> pairs, FolderReport skipped, std::function<std::string()> hash)
      : pairs_(std::move(pairs)), hash_(std::move(hash)) {
    skipped_ = std::move(skipped);
  }
  std::unique_ptr<PictureReader> open(OrderSeed seed) const override {
    return std::make_unique<ListReader>(pairs_, seed);
  }
  const std::vector<Pair>* pairs() const override { return &pairs_; }
  std::string hash() const override { return hash_(); }

 private:
  std::vector<Pair> pairs_;
  std::function<std::string()> hash_;
};

struct FolderConfig {
  static constexpr std::string_view kind = "folder";
  std::string folder;
  static void describe(auto& self, auto&& field) {
    field("folder", self.folder, "pictures with metadata.jsonl, or with text files beside them");
  }
};

SourcePtr open_config(const FolderConfig& config, double held_out) {
  FolderReport skipped;
  auto pairs = list_pairs(config.folder, {}, &skipped);
  hold_out(pairs, held_out);
  return listed_source(pairs, std::move(skipped), [pairs] { return dataset_hash(pairs); });
}

// Hashing every picture of COCO would read 19 GB; captions and file sizes suffice to distinguish its versions.
std::string coco_hash(const std::vector<Pair>& pairs) {
  Json list = Json::array();
  for (const auto& pair : pairs) list.push_back({pair.id, pair.caption, fs::file_size(pair.file)});
  return sha256(list.dump());
}

SourcePtr open_config(const CocoConfig& config, double held_out) {
  FolderReport skipped;
  auto pairs = list_coco(config, &skipped);
  hold_out(pairs, held_out);
  return listed_source(pairs, std::move(skipped), [pairs] { return coco_hash(pairs); });
}

SourcePtr open_config(const ShardsConfig& config, double held_out) {
  if (held_out > 0)
    throw ConfigError(config.shards + ": shards are read in passing and hold nothing out; allowed for held_out: 0");
  return open_shards(config);
}

CocoConfig parse_coco(const std::string& name) {
  const size_t start = std::string_view("coco:").size(), colon = name.find(':', start);
  if (colon == std::string::npos) throw ConfigError(name + ": expected coco:ANNOTATIONS.json:FOLDER");
  return {.annotations = name.substr(start, colon - start), .folder = name.substr(colon + 1)};
}

}  // namespace

void PictureReader::skip(int64_t samples) {
  for (int64_t i = 0; i < samples && next(); ++i) continue;
}

std::string PictureSource::license() const {
  if (!pairs()) return unknown_license;
  std::set<std::string> licenses;
  for (const auto& pair : *pairs()) licenses.insert(pair.license);
  return joined_licenses({licenses.begin(), licenses.end()});
}

SourcePtr listed_source(std::vector<Pair> pairs, FolderReport skipped, std::function<std::string()> hash) {
  return std::make_shared<ListedSource>(std::move(pairs), std::move(skipped), std::move(hash));
}

SourcePtr open_source(const std::string& name, double held_out) {
  if (name.starts_with("coco:")) return open_config(parse_coco(name), held_out);
  for (const std::string& folder : {name, "out/data/" + name})
    if (fs::is_directory(folder)) return open_config(FolderConfig{folder}, held_out);
  if (name.find(".tar") != std::string::npos) return open_config(ShardsConfig{.shards = name}, held_out);
  if (name.ends_with(".json"))
    return std::visit([&](const auto& config) { return open_config(config, held_out); },
                      from_json<std::variant<FolderConfig, CocoConfig, ShardsConfig>>(load_json(name), name));
  const bool known = std::ranges::any_of(sources(), [&](const Source& source) { return source.name == name; });
  throw FileError("there is no data set \"" + name + "\"; build it with `mdsearch data build " +
                  (known ? name : "SOURCE --out out/data/" + name) +
                  "`, or give a folder of pictures, coco:ANNOTATIONS.json:FOLDER, shards such as x-{00..99}.tar, or a "
                  "JSON file that describes one of these");
}

}  // namespace mds
