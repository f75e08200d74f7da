#include "experiments/training/segment.h"

namespace mds {

bool train_segment(Loop& loop, Recorder* recorder, const Segment& segment) {
  const int64_t first = loop.iteration() + 1;
  const auto report = [&](const StepReport& step) {
    if (step.iteration == first)
      segment.clock.add("warm-up", step.times.total_s());
    else
      add_times(segment.clock, step.times);
    if (recorder) recorder->add(step);
    segment.stepped(step);
  };
  const auto stops = [&] { return any_of(loop.ranks(), segment.listener.stops()); };
  while (loop.iteration() < segment.end && !stops()) {
    const int64_t next =
        std::min(segment.end, (loop.iteration() / segment.checkpoint_every + 1) * segment.checkpoint_every);
    while (loop.iteration() < next && !stops()) loop.run_to(loop.iteration() + 1, report);
    const bool due = loop.iteration() == next;
    loop.collect();
    if (recorder) {
      const auto storing = segment.clock.in("store");
      recorder->save(loop, /*interrupted=*/!due);
    }
    if (due) segment.saved();
  }
  return loop.iteration() == segment.end;
}

}  // namespace mds
