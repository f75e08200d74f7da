#include "trainer/read_ahead.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace mds {
namespace {

class ReadAhead final : public LatentReader {
 public:
  ReadAhead(std::unique_ptr<LatentReader> reader, int64_t ahead)
      : reader_(std::move(reader)), ahead_(size_t(ahead)), thread_([this] { read(); }) {}
  ~ReadAhead() override {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }

  LatentRows batch(int64_t iteration, int64_t first, int64_t count) override {
    std::unique_lock lock(mutex_);
    const Wanted wanted{iteration, first, count};
    if (iteration > last_) stride_ = last_ < 0 ? 1 : iteration - last_;
    last_ = iteration;
    if (queue_.empty() || queue_.front()->wanted != wanted) {
      queue_.clear();
      queue_.push_back(std::make_shared<Slot>(wanted));
    }
    const auto slot = queue_.front();
    fill_queue();
    changed_.notify_all();
    changed_.wait(lock, [&] { return slot->done; });
    queue_.pop_front();
    if (slot->failure) std::rethrow_exception(slot->failure);
    return slot->rows;
  }

 private:
  struct Wanted {
    int64_t iteration, first, count;
    bool operator==(const Wanted&) const = default;
  };
  struct Slot {
    explicit Slot(const Wanted& of) : wanted(of) {}
    Wanted wanted;
    LatentRows rows{};
    std::exception_ptr failure{};
    bool begun = false, done = false;
  };

  // Of the batch that is asked for now, and those behind it.
  void fill_queue() {
    while (queue_.size() < ahead_ + 1) {
      Wanted next = queue_.back()->wanted;
      next.iteration += stride_;
      queue_.push_back(std::make_shared<Slot>(next));
    }
  }

  std::shared_ptr<Slot> next_slot() const {
    for (const auto& slot : queue_)
      if (!slot->begun) return slot;
    return nullptr;
  }

  void read() {
    std::unique_lock lock(mutex_);
    while (true) {
      std::shared_ptr<Slot> slot;
      changed_.wait(lock, [&] { return stopping_ || (slot = next_slot()); });
      if (stopping_) return;
      slot->begun = true;
      lock.unlock();
      try {
        const auto& [iteration, first, count] = slot->wanted;
        slot->rows = reader_->batch(iteration, first, count);
      } catch (...) {
        slot->failure = std::current_exception();
      }
      lock.lock();
      slot->done = true;
      changed_.notify_all();
    }
  }

  std::unique_ptr<LatentReader> reader_;  // used by the thread alone
  size_t ahead_;
  int64_t last_ = -1, stride_ = 1;
  bool stopping_ = false;
  std::deque<std::shared_ptr<Slot>> queue_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::jthread thread_;  // last member, so that it ends before what it uses
};

}  // namespace

std::unique_ptr<LatentReader> reading_ahead(std::unique_ptr<LatentReader> reader, int64_t ahead) {
  return std::make_unique<ReadAhead>(std::move(reader), ahead);
}

}  // namespace mds
