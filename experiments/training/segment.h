// The loop of trainings and sweeps: iterations up to an end, with a checkpoint at every so many.
#pragma once

#include "experiments/listener.h"
#include "experiments/training/recorder.h"

namespace mds {

struct Segment {
  int64_t end = 0, checkpoint_every = 1;  // iterations
  Listener& listener;
  PhaseClock& clock;  // of the first iteration as warm-up, of the parts of the others, and of storing
  std::function<void(const StepReport&)> stepped = [](const StepReport&) {};
  std::function<void()> saved = [] {};  // a checkpoint that is due was saved
};

// Returns true at the end. Where the listener stops it, the state is saved, and false is returned.
bool train_segment(Loop& loop, Recorder* recorder, const Segment& segment);

}  // namespace mds
