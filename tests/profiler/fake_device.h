// A device that LibTorch knows and that computes nothing: its events have the time of a clock that tests set, and its
// allocator says what they want.
#pragma once

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <string>
#include <vector>

namespace mds::test {

struct FakeDevice {
  static constexpr const char* name = "privateuseone:0";
  double now_ms = 0;
  int64_t events = 0;               // that exist
  std::vector<std::string> told{};  // what the device was told, in order
  c10::CachingDeviceAllocator::DeviceStats memory{};

  static FakeDevice& the();  // registered with LibTorch at its first use
};

class FakeGuard final : public c10::impl::DeviceGuardImplInterface {
 public:
  c10::DeviceType type() const override { return c10::kPrivateUse1; }
  c10::Device exchangeDevice(c10::Device) const override { return getDevice(); }
  c10::Device getDevice() const override { return {type(), 0}; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device device) const override { return c10::Stream(c10::Stream::UNSAFE, device, 7); }
  c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }

  void record(void** event, const c10::Stream& stream, c10::DeviceIndex, c10::EventFlag flag) const override {
    if (!*event) *event = new double, ++device().events;
    *static_cast<double*>(*event) = device().now_ms;
    device().told.push_back("event on " + std::to_string(stream.id()) +
                            (flag == c10::EventFlag::BACKEND_DEFAULT ? "" : " without time"));
  }
  bool queryEvent(void*) const override { return true; }
  void synchronizeEvent(void*) const override { device().told.push_back("wait for event"); }
  void synchronizeDevice(c10::DeviceIndex) const override { device().told.push_back("wait"); }
  double elapsedTime(void* from, void* to, c10::DeviceIndex) const override {
    return *static_cast<double*>(to) - *static_cast<double*>(from);
  }
  void destroyEvent(void* event, c10::DeviceIndex) const noexcept override {
    if (event) --device().events;
    delete static_cast<double*>(event);
  }

 private:
  static FakeDevice& device() { return FakeDevice::the(); }
};

class FakeAllocator final : public c10::DeviceAllocator {
 public:
  c10::DataPtr allocate(size_t) override { return {}; }
  void copy_data(void*, const void*, size_t) const override {}
  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t) override {}
  void recordStream(const c10::DataPtr&, c10::Stream) override {}
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex) override {
    return FakeDevice::the().memory;
  }
  void resetAccumulatedStats(c10::DeviceIndex) override {}
  void resetPeakStats(c10::DeviceIndex) override {
    for (auto& bytes : FakeDevice::the().memory.allocated_bytes) bytes.peak = bytes.current;
  }
  std::pair<size_t, size_t> getMemoryInfo(c10::DeviceIndex) override { return {3000, 4000}; }
};

inline FakeDevice& FakeDevice::the() {
  static FakeDevice device;
  static FakeAllocator allocator;
  static const bool registered = [] {
    c10::impl::DeviceGuardImplRegistrar(c10::kPrivateUse1, new FakeGuard);
    c10::SetAllocator(c10::kPrivateUse1, &allocator);
    return true;
  }();
  static_cast<void>(registered);
  return device;
}

}  // namespace mds::test
