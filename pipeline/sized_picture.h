// Pictures of users at the size of the pictures that a model draws.
#pragma once

#include <functional>
#include <string>

#include "pipeline/image.h"
#include "spec/shape.h"
#include "spec/tensor.h"

namespace mds {

using Notice = std::function<void(const std::string& sentence)>;

// uint8 3 x height x width of the whole picture, stretched as PIL's bicubic does where it has another size; `told`
// hears of that. `name` is the picture's file.
Tensor sized_picture(const Image& image, Extent pixels, const std::string& name, const Notice& told = {});

}  // namespace mds
