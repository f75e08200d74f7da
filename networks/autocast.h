// While it lives, LibTorch runs matrix operations in a lower precision on one kind of device; weights keep their
// precision.
#pragma once

#include <ATen/autocast_mode.h>

namespace mds {

struct AutocastState {
  at::DeviceType device;
  bool on;
  at::ScalarType dtype;

  static AutocastState of(at::DeviceType device) {
    return {device, at::autocast::is_autocast_enabled(device), at::autocast::get_autocast_dtype(device)};
  }
  void set() const {
    at::autocast::set_autocast_dtype(device, dtype);
    at::autocast::set_autocast_enabled(device, on);
  }
};

class Autocast {
 public:
  explicit Autocast(const AutocastState& state) : before_(AutocastState::of(state.device)) { state.set(); }
  // LibTorch caches cast weights with the graph of their first user, so no cached weight may outlive that graph.
  ~Autocast() {
    at::autocast::clear_cache();
    before_.set();
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  AutocastState before_;
};

}  // namespace mds
