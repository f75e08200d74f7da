#include "trainer/batch.h"

#include <ATen/ATen.h>

namespace mds {

void Batch::for_each(const Visit& visit) {
  visit_(own_, [&](const char* name, Tensor& tensor) {
    if (tensor.defined()) visit(name, tensor);
  });
}

std::vector<Tensor> tensors_of(Batch batch) {
  std::vector<Tensor> tensors;
  batch.for_each([&](const char*, Tensor& tensor) { tensors.push_back(tensor); });
  return tensors;
}

Batch on_device(Batch batch, at::Device device) {
  batch.for_each([&](const char*, Tensor& tensor) { tensor = tensor.to(device); });
  return batch;
}

Batch part_of(Batch batch, const Part& part) {
  batch.for_each([&](const char* name, Tensor& tensor) {
    if (tensor.dim() == 0) return;
    TORCH_CHECK(tensor.size(0) == part.count, name, ": expected ", part.count, " examples, got ", tensor.sizes());
    tensor = tensor.slice(0, part.first, part.first + part.examples);
  });
  return batch;
}

}  // namespace mds
