// The tensors of one iteration. Each stage draws a struct of its own; the loop, which serves all stages, sees it
// through the struct's for_each, as Conditioning has.
#pragma once

#include <any>
#include <functional>
#include <utility>
#include <vector>

#include "pipeline/tensor_file.h"

namespace mds {

class Batch {
 public:
  using Visit = std::function<void(const char* name, Tensor& tensor)>;

  // Own::for_each(own, visit) visits every tensor of the struct with its name. Undefined ones are not in this batch.
  template <class Own>
  explicit Batch(Own own)
      : own_(std::move(own)),
        visit_([](std::any& any, const Visit& visit) { Own::for_each(std::any_cast<Own&>(any), visit); }) {}

  template <class Own>
  const Own& as() const {
    return std::any_cast<const Own&>(own_);
  }
  void for_each(const Visit& visit);  // of the tensors that are defined

 private:
  std::any own_;
  void (*visit_)(std::any&, const Visit&);
};

std::vector<Tensor> tensors_of(Batch batch);

Batch on_device(Batch batch, at::Device device);

// The examples of a batch of `count`, from `first` on. Single numbers belong to the whole batch and are kept.
struct Part {
  int64_t count, first, examples;
};
Batch part_of(Batch batch, const Part& part);

}  // namespace mds
