#include "app/stage_data.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <iostream>

#include "spec/describe.h"

namespace mds {
namespace {

void append(PictureSet& set, const Pictures& pictures, const std::string& split) {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < pictures.pairs.size(); ++i) {
    if (pictures.pairs[i].split != split) continue;
    rows.push_back(int64_t(i));
    set.pairs.push_back(pictures.pairs[i]);
  }
  const at::Tensor chosen = pictures.images.index_select(0, at::tensor(rows, at::kLong));
  set.pictures = set.pictures.defined() ? at::cat({set.pictures, chosen}) : chosen;
}

}  // namespace

std::string data_folder(const std::string& name) {
  for (const std::string& folder : {name, "out/data/" + name})
    if (std::filesystem::is_directory(folder)) return folder;
  throw FileError("there is no data set \"" + name + "\"; build it with `mdsearch data build " + name +
                  "`, or give a folder of pictures");
}

SplitPictures load_data(const std::vector<std::string>& names, int64_t size) {
  SplitPictures data;
  std::string hashes;
  for (const auto& name : names) {
    const Pictures pictures = load_folder(data_folder(name), size);
    if (!pictures.skipped.skips.empty()) std::cerr << name << ": " << summary(pictures.skipped) << "\n";
    append(data.train, pictures, "train");
    append(data.held_out, pictures, "held_out");
    hashes += dataset_hash(pictures.pairs);
  }
  data.hash = sha256(hashes);
  return data;
}

}  // namespace mds
