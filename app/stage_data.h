// Pictures and captions for the stages that train on pictures.
#pragma once

#include <string>
#include <vector>

#include "data/resize.h"

namespace mds {

// The pictures of several data sets (names under out/data, or folders), split by their metadata.
struct PictureSet {
  at::Tensor pictures;  // uint8 N x 3 x size x size
  std::vector<Pair> pairs;
  std::string hash;
};
struct SplitPictures {
  PictureSet train, held_out;
  std::string hash;
};
SplitPictures load_data(const std::vector<std::string>& names, int64_t size);

// NAME of a built data set, or a folder, to the folder.
std::string data_folder(const std::string& name);

}  // namespace mds
