// Records the loss and its gradients as a CUDA graph, where the build has CUDA.
#include <ATen/ATen.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>

#include "trainer/step_graph.h"

namespace mds {
namespace {

// cuDNN and cuBLAS choose algorithms and allocate in their first calls, which a recording does not allow.
constexpr int64_t calls_before_recording = 3;

struct Recording {
  int64_t calls = 0;
  std::vector<Tensor> inputs;
  at::cuda::CUDAGraph graph;
  Tensor loss;
  std::vector<Tensor> gradients;
};

std::vector<std::string> names_of(Batch batch) {
  std::vector<std::string> names;
  batch.for_each([&](const char* name, Tensor&) { names.emplace_back(name); });
  return names;
}

class CudaStepGraph final : public StepGraph {
 public:
  explicit CudaStepGraph(std::vector<Tensor> weights)
      : weights_(std::move(weights)),
        stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, weights_.at(0).device().index())) {}

  Tensor run(const Batch& batch, const Step& step) override {
    Recording& recording = recordings_[names_of(batch)];
    if (recording.calls++ < calls_before_recording) return aside([&] { return step(batch); });
    if (recording.inputs.empty()) record(recording, batch, step);
    const std::vector<Tensor> values = tensors_of(batch);
    for (size_t i = 0; i < values.size(); ++i) recording.inputs[i].copy_(values[i]);
    recording.graph.replay();
    for (size_t i = 0; i < weights_.size(); ++i) weights_[i].mutable_grad() = recording.gradients[i];
    return recording.loss;
  }

 private:
  // Runs on a separate stream, as recording is not possible on the default stream.
  Tensor aside(const std::function<Tensor()>& work) {
    c10::cuda::device_synchronize();
    Tensor result;
    {
      const c10::cuda::CUDAStreamGuard guard(stream_);
      result = work();
    }
    c10::cuda::device_synchronize();
    return result;
  }

  void record(Recording& recording, Batch batch, const Step& step) {
    batch.for_each([](const char*, Tensor& tensor) { tensor = tensor.clone(); });
    recording.inputs = tensors_of(batch);
    recording.loss = aside([&] {
      recording.graph.capture_begin();
      Tensor loss = step(batch);
      recording.graph.capture_end();
      return loss;
    });
    for (const auto& weight : weights_) recording.gradients.push_back(weight.grad());
  }

  std::vector<Tensor> weights_;
  c10::cuda::CUDAStream stream_;
  std::map<std::vector<std::string>, Recording> recordings_;  // by the names of the tensors that are defined
};

}  // namespace

StepGraphPtr make_step_graph(std::vector<Tensor> weights) {
  if (weights.empty() || !weights[0].is_cuda()) return nullptr;
  return std::make_unique<CudaStepGraph>(std::move(weights));
}

}  // namespace mds
