// Processes that train together, through LibTorch's c10d: NCCL among GPUs where the build has it, else Gloo, to which
// tensors of a GPU go through the CPU.
#include <ATen/ATen.h>
#include <c10/util/Logging.h>
#include <c10/util/ParallelGuard.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#include <torch/types.h>

#include <chrono>
#include <cstdlib>
#include <future>

#include "trainer/ranks.h"

namespace mds {
namespace {

using namespace std::chrono_literals;
constexpr auto until_all_came = 120s, until_answer = 60s;  // c10d asks for an answer twice
constexpr auto until_all_called = 30min;  // one process may score the model meanwhile

// Of a message of LibTorch or Gloo, the sentence without its place in their source, their advice and the stack.
std::string sentence_of(const std::string& text) {
  const size_t begin = text.starts_with("[") && text.find("] ") != text.npos ? text.find("] ") + 2 : 0;
  return text.substr(begin, std::min(text.find(". ", begin), text.find('\n', begin)) - begin);
}

template <class Work>
auto reaching_others(const Work& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    throw RanksError("another process of this training has ended or cannot be reached (" + sentence_of(error.what()) +
                     ")");
  }
}

class C10dRanks final : public Ranks {
 public:
  C10dRanks(const RankAddress& address, at::Device device)
      : address_(address),
        store_(open_store(address)),
        gloo_(c10::make_intrusive<c10d::ProcessGroupGloo>(prefixed("gloo"), int(address.rank), int(address.count),
                                                          gloo_options(address))) {
#ifdef USE_C10D_NCCL
    if (device.is_cuda())
      nccl_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(prefixed("nccl"), int(address.rank), int(address.count));
#else
    static_cast<void>(device);
#endif
  }

  // The store is served by process 0, which therefore leaves last.
  ~C10dRanks() override {
    try {
      c10d::BarrierOptions options;
      options.timeout = 10s;
      gloo_->barrier(options)->wait();
    } catch (const std::exception&) {  // whoever is gone has said why
    }
  }

  int64_t rank() const override { return address_.rank; }
  int64_t count() const override { return address_.count; }

  Wait begin_sum(Tensor values) override {
    if (nccl_ && values.is_cuda()) {
      std::vector<Tensor> in_place{values};
      const auto work = reaching_others([&] { return nccl_->allreduce(in_place); });
      return [work] { reaching_others([&] { return work->wait(); }); };
    }
    // One sum at a time: the next begins when the one before has ended.
    const auto sum =
        std::make_shared<std::shared_future<void>>(std::async(std::launch::async, [this, values, before = last_] {
                                                     if (before.valid()) before.wait();
                                                     const c10::ParallelGuard one_thread(true);
                                                     add_up(values);
                                                   }).share());
    last_ = *sum;
    return [sum] { reaching_others([&] { sum->get(); }); };
  }

  void copy_from(int64_t from, const std::vector<Tensor>& tensors) override {
    const at::NoGradGuard no_grad;
    for (const Tensor& tensor : tensors) {
      Tensor flat = tensor.detach().to(at::kCPU, tensor.scalar_type(), false, true, at::MemoryFormat::Contiguous);
      std::vector<Tensor> sent{flat};
      reaching_others([&] { return gloo_->broadcast(sent, {.rootRank = from})->wait(); });
      if (from != rank()) tensor.detach().copy_(flat);
    }
  }

  std::vector<std::string> texts(const std::string& own) override {
    const std::string key = "texts/" + std::to_string(texts_++) + "/";
    return reaching_others([&] {
      store_->set(key + std::to_string(rank()), std::vector<uint8_t>(own.begin(), own.end()));
      std::vector<std::string> all;
      for (int64_t i = 0; i < count(); ++i) {
        const auto bytes = store_->get(key + std::to_string(i));
        all.emplace_back(bytes.begin(), bytes.end());
      }
      return all;
    });
  }

 private:
  static c10::intrusive_ptr<c10d::Store> open_store(const RankAddress& address) {
    c10d::TCPStoreOptions options;
    options.port = uint16_t(address.port);
    options.isServer = address.rank == 0 && !address.served;
    options.timeout = until_answer;
    options.waitWorkers = false;
    try {
      auto store = c10::make_intrusive<c10d::TCPStore>(address.host, options);
      count_in(*store, address);
      return store;
    } catch (const RanksError&) {
      throw;
    } catch (const std::exception& error) {
      throw RanksError("process " + std::to_string(address.rank) + " of " + std::to_string(address.count) +
                       ": there is no answer from " + address.host + ":" + std::to_string(address.port) +
                       ", where MASTER_ADDR and MASTER_PORT say that process 0 is (" + sentence_of(error.what()) + ")");
    }
  }

  static void count_in(c10d::Store& store, const RankAddress& address) {
    int64_t here = store.add("came", 1);
    for (const auto end = std::chrono::steady_clock::now() + until_all_came; here < address.count;
         here = store.add("came", 0)) {
      if (std::chrono::steady_clock::now() > end)
        throw RanksError("process " + std::to_string(address.rank) + ": of " + std::to_string(address.count) +
                         " processes " + std::to_string(here) + " came within " +
                         std::to_string(until_all_came.count()) + " s");
      std::this_thread::sleep_for(50ms);
    }
  }

  static c10::intrusive_ptr<c10d::ProcessGroupGloo::Options> gloo_options(const RankAddress& address) {
    auto options = c10d::ProcessGroupGloo::Options::create(until_all_called);
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    const bool one_host = address.host == "127.0.0.1" || address.host == "localhost";
    options->devices.push_back(interface  ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                               : one_host ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                          : c10d::ProcessGroupGloo::createDefaultDevice());
    return options;
  }

  c10::intrusive_ptr<c10d::Store> prefixed(const std::string& name) const {
    return c10::make_intrusive<c10d::PrefixStore>(name, store_);
  }

  // Every process adds up one part of the numbers and gives it to the others.
  void add_up(const Tensor& values) {
    const at::NoGradGuard no_grad;
    Tensor own = values.is_cpu() ? values : values.cpu();
    Tensor parts = at::empty_like(own);
    gloo_->alltoall_base(parts, own, split_, split_)->wait();
    Tensor sum = tree_sum(parts.view({count(), -1}).unbind());
    Tensor all = own.view(-1);
    gloo_->_allgather_base(all, sum)->wait();
    if (!values.is_cpu()) values.copy_(own);
  }

  RankAddress address_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::Backend> gloo_, nccl_;
  std::shared_future<void> last_;
  std::vector<int64_t> split_;  // even
  int64_t texts_ = 0;
};

}  // namespace

RanksPtr join_ranks(const RankAddress& address, at::Device device) {
  FLAGS_caffe2_log_level = c10::GLOG_FATAL;  // errors are told once, by ours
  return std::make_shared<C10dRanks>(address, device);
}

}  // namespace mds
