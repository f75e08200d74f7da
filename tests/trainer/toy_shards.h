// Writes a set of latents as a folder of shards.
#pragma once

#include "tests/trainer/toy.h"
#include "trainer/latent_shards.h"

namespace mds::toy {

inline LatentSet part_of_set(const LatentSet& set, int64_t first, int64_t last) {
  LatentSet part = set;
  for (Tensor* tensor : {&part.moments, &part.text, &part.image_features, &part.text_features, &part.held_out})
    *tensor = tensor->slice(0, first, last);
  part.captions.assign(set.captions.begin() + first, set.captions.begin() + last);
  return part;
}

// `pairs` in a shard; returns the folder.
inline std::string shards(const std::string& folder, const LatentSet& set, int64_t pairs,
                          const ShuffleConfig& shuffle = {.block = 2, .window = 2}) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  LatentIndex index{.shape = set.shape(), .scale = set.scale, .license = set.license, .shuffle = shuffle, .shards = {}};
  index.encoders = set.encoders;
  for (int64_t first = 0; first < set.count(); first += pairs)
    index.shards.push_back(write_shard(folder, "shard-" + std::to_string(index.shards.size()) + ".safetensors",
                                       part_of_set(set, first, std::min(first + pairs, set.count()))));
  save_index(folder, index);
  return folder;
}

}  // namespace mds::toy
