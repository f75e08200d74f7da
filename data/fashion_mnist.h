// Fashion-MNIST from dataset-fashion-mnist (MIT): 70,000 grey pictures of 28 x 28 pixels in ten classes, whose names
// are the captions. Its test pictures are held out.
#pragma once

#include <string>

#include "data/collection.h"

namespace mds {

Collection collect_fashion_mnist(const std::string& folder = "/usr/share/datasets/fashion-mnist");

}  // namespace mds
