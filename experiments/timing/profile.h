// A profile as its caller asks for it: a network, or the work of a model for one picture, timed by one or several
// processes, stored and printed.
#pragma once

#include <functional>
#include <string>

#include "experiments/listener.h"
#include "experiments/timing/step_timing.h"
#include "reports/table.h"
#include "spec/fields.h"
#include "spec/shape.h"

namespace mds {

struct ProfileRequest {
  std::string subject{};  // a network, or the folder of a model
  std::string database{};
  Extent pixels{};        // picture size; 0: the subject's own
  GivenFields sampler{};  // of a model: overrides its own
  // Of a model with a batch of 1.
  ProfileOptions options{.mode = TimingMode::screening, .whole = true, .blocks = false};
  int64_t processes = 1;
  std::string trace{};  // file that takes a trace of one pass of a network; empty: none
};

// Measures the same in a process of its own, the i-th of several.
using MeasureApart = std::function<RawProfile(int64_t i)>;

// One process is measured by `here`; several are measured apart, one after the other.
std::vector<RawProfile> measured(const ProfileRequest& request, const MeasureApart& apart,
                                 const std::function<RawProfile()>& here);

// The samples of this process alone; nothing is stored.
RawProfile time_network(const ProfileRequest& request, Listener& listener);
RawProfile time_model(const ProfileRequest& request, Listener& listener);

// Measures, stores under the subject's hash, and returns the text. Of one process, this one measures. ConfigError for a
// model in a core build, which cannot draw.
std::string profile_network(const ProfileRequest& request, const MeasureApart& apart, Format format,
                            Listener& listener);
std::string profile_model(const ProfileRequest& request, const MeasureApart& apart, Format format, Listener& listener);

}  // namespace mds
