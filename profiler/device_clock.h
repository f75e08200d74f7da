// Clocks of the device that computes: the host's for the CPU, and its own events for a GPU, through the interfaces that
// LibTorch has for every kind of device.
#pragma once

#include <string>

#include "profiler/bench.h"

namespace mds {

// device: "cpu" or "cuda:0". A GPU's duration is that between two events on its current stream, of which the first
// precedes the work and the second follows it; the clock waits for the second. Nothing else may run on the stream.
Stopwatch device_stopwatch(const std::string& device);

// Waits for everything that the device was given; the CPU has nothing to wait for.
void synchronise(const std::string& device);

}  // namespace mds
