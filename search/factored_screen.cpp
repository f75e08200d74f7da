#include "search/factored_screen.h"

#include <future>
#include <map>

#include "search/cost_front.h"
#include "search/frame_costs.h"

namespace mds {
namespace {

struct FrameCounts {
  int64_t valid = 0, unique = 0;
  AdmittedPairs admitted{};
};

struct ScreenedFrame {
  const SpaceFrame* frame = nullptr;
  FrameCounts counts{};
  std::vector<CostSum> front{};
  std::string first_invalid{};
};

ScreenedFrame screen_frame(const FrameCosts& costs, const Caps& caps) {
  ScreenedFrame screened;
  CostFront front(caps);
  costs.best().for_each([&](const CostPart& outer, const CostPart& inner) { front.offer(outer.sums, inner.sums); });
  costs.for_each([&](const CostPart& outer, const CostPart& inner) {
    auto& [valid, unique, admitted] = screened.counts;
    valid = add_counts(valid, multiply_counts(outer.valid, inner.valid));
    unique += outer.unique() * inner.unique();
    const AdmittedPairs pairs = admitted_pairs(outer.sums, inner.sums, caps);
    admitted.params += pairs.params;
    admitted.macs += pairs.macs;
    admitted.both += pairs.both;
    front.offer(outer.sums, inner.sums);
  });
  screened.front = front.sums();
  screened.first_invalid = costs.first_invalid();
  return screened;
}

// Runs work(i) for i below `count` on some threads.
void on_threads(size_t count, size_t threads, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::vector<std::future<void>> running;
  const auto policy = threads > 1 ? std::launch::async : std::launch::deferred;
  for (size_t t = 0; t < std::max<size_t>(1, threads); ++t)
    running.push_back(std::async(policy, [&] {
      for (size_t i = next++; i < count; i = next++) work(i);
    }));
  for (auto& thread : running) thread.get();
}

// Frames with equal costs are screened once.
std::vector<ScreenedFrame> screen_frames(const std::vector<SpaceFrame>& frames, const Caps& caps, int threads) {
  std::vector<ScreenedFrame> screened(frames.size());
  std::map<uint64_t, std::shared_future<ScreenedFrame>> known;
  std::mutex mutex;
  on_threads(frames.size(), size_t(threads), [&](size_t i) {
    const FrameCosts costs(frames[i]);
    std::promise<ScreenedFrame> promise;
    std::shared_future<ScreenedFrame> result;
    bool first = false;
    {
      const std::lock_guard lock(mutex);
      auto& entry = known[costs.digest()];
      first = !entry.valid();
      if (first) entry = promise.get_future().share();
      result = entry;
    }
    if (first) promise.set_value(screen_frame(costs, caps));
    screened[i] = result.get();
    screened[i].frame = &frames[i];
  });
  return screened;
}

}  // namespace

FactoredScreening screen(const FactoredSpace& space, const Caps& caps, int threads) {
  FactoredScreening all{.total = space.size()};
  std::vector<CostSum> sums;
  std::map<std::pair<int64_t, int64_t>, const ScreenedFrame*> owner;  // by params and macs: the first frame
  const auto frames = screen_frames(space.frames(), caps, threads);
  for (const auto& frame : frames) {
    const auto& [valid, unique, admitted] = frame.counts;
    all.admitted += admitted.both;
    all.rejected.add({.params = admitted.macs - admitted.both,
                      .macs = admitted.params - admitted.both,
                      .both = unique - admitted.params - admitted.macs + admitted.both,
                      .invalid = frame.frame->size - valid,
                      .duplicate = valid - unique});
    if (all.first_invalid.empty()) all.first_invalid = frame.first_invalid;
    for (const auto& sum : frame.front)
      if (owner.try_emplace({sum.params, sum.macs}, &frame).second) sums.push_back(sum);
  }
  for (const auto& sum : front_of(sums)) {
    const SpaceFrame& frame = *owner.at({sum.params, sum.macs})->frame;
    const auto made = space.made(frame, sum.ways);
    all.front.push_back({.cost = CostMemo().cost_of(made.network), .point = made.point});
  }
  return all;
}

}  // namespace mds
