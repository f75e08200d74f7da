#include "profiler/device_clock.h"

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cmath>

namespace mds {

Stopwatch device_stopwatch(const std::string& name) {
  const c10::Device device(name);
  if (device.is_cpu()) return host_stopwatch();
  return [device](const std::function<void()>& run) {
    const c10::Stream stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
    c10::Event start(device.type(), c10::EventFlag::BACKEND_DEFAULT);  // the other flag leaves out the time
    c10::Event end(device.type(), c10::EventFlag::BACKEND_DEFAULT);
    start.record(stream);
    run();
    end.record(stream);
    end.synchronize();
    return int64_t(std::llround(1e6 * start.elapsedTime(end)));  // of milliseconds
  };
}

void synchronise(const std::string& name) {
  const c10::Device device(name);
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

}  // namespace mds
