// The processes that train one network together, each with its share of every batch: what they tell each other.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "spec/tensor.h"

namespace mds {

// Another process of the training ended or cannot be reached, so that this one cannot go on.
struct RanksError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Every process calls the same functions with tensors of the same sizes in the same order. RanksError where another one
// is gone.
class Ranks {
 public:
  using Wait = std::function<void()>;

  virtual ~Ranks() = default;
  virtual int64_t rank() const = 0;  // 0 leads: it alone writes files and rows
  virtual int64_t count() const = 0;
  bool lead() const { return rank() == 0; }

  // Begins to replace `values`, contiguous and of a multiple of count() numbers, by their sum over all processes, which
  // the result waits for. On a CPU the sum is a balanced tree over the processes' numbers, so that its bits do not
  // depend on how work was divided among powers of two of them.
  virtual Wait begin_sum(Tensor values) = 0;
  // Replaces the tensors by those of the process `from`.
  virtual void copy_from(int64_t from, const std::vector<Tensor>& tensors) = 0;
  // The text of every process, by its number.
  virtual std::vector<std::string> texts(const std::string& own) = 0;
};
using RanksPtr = std::shared_ptr<Ranks>;  // null: this process trains alone

// For these, no processes are a single one. Tensors may be of any size.
inline int64_t count_of(const RanksPtr& ranks) { return ranks ? ranks->count() : 1; }
inline bool leads(const RanksPtr& ranks) { return !ranks || ranks->lead(); }
Tensor sum_over(const RanksPtr& ranks, const Tensor& values);
Tensor mean_over(const RanksPtr& ranks, const Tensor& values);  // with gradients
bool any_of(const RanksPtr& ranks, bool own);

// Adds up tensors, which it changes, as a balanced binary tree over their places.
Tensor tree_sum(std::vector<Tensor> tensors);

// Where this process stands among those of one training.
struct RankAddress {
  int64_t rank = 0, count = 1;
  int64_t local_rank = 0;   // among those of this host
  int64_t local_count = 1;  // 0: not known
  std::string host = "127.0.0.1";
  int port = 0;
  bool served = false;  // by the launcher, as torchrun does; else process 0 opens the port
};
using Variable = std::function<const char*(const char* name)>;  // of the environment; null where it is not set

// From torchrun's variables (RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT), or from srun's
// (SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID) where MASTER_ADDR is set; nothing where there are none or one process.
// ConfigError names a variable that is missing or wrong.
std::optional<RankAddress> rank_address(const Variable& variable);

// Waits until all processes have come. RanksError says how many did; std::runtime_error where this build has no c10d.
RanksPtr join_ranks(const RankAddress& address, at::Device device);

}  // namespace mds
