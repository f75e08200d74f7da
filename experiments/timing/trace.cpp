#include "experiments/timing/trace.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include "experiments/timing/rig.h"
#include "networks/lone_block.h"
#include "networks/traffic.h"
#include "profiler/device_clock.h"
#include "reports/speed.h"

namespace mds {
namespace {

constexpr int untimed_passes = 3;

Json event_of(const PlanStep& step, const StepSpan& span, const ProfileOptions& options) {
  const int64_t macs_valid = cost(step).macs_valid, batch = options.batch;
  const double ns = double(span.end_ns - span.start_ns);
  return {{"name", step.path},
          {"cat", std::string(kind_of(step.block))},
          {"ph", "X"},  // a complete event, with times in microseconds
          {"ts", double(span.start_ns) * 1e-3},
          {"dur", ns * 1e-3},
          {"pid", 1},
          {"tid", 1},
          {"args",
           {{"path", step.path},
            {"block", std::string(kind_of(step.block))},
            {"fields", words_of(step.block, step.site)},
            {"site", words_of(step.site)},
            {"out", to_string(step.out)},
            {"GFLOPs", 2e-9 * double(macs_valid) * double(batch)},
            {"MB", 1e-6 * double(bytes_moved(traffic(step), name_of(options.dtype), batch))},
            {"GFLOPs_per_s", to_json(gflops(macs_valid, batch, ns))}}}};
}

}  // namespace

std::vector<StepSpan> trace_pass(const Plan& plan, const ProfileOptions& options) {
  const torch::NoGradGuard no_grad;
  Rig rig(plan, options);
  std::vector<StepSpan> spans;
  int64_t start_ns = 0;
  const Callable pass = rig.whole([&](const PlanStep&, Tensor x) {
    synchronise(options.device);
    spans.push_back({.step = spans.size(),
                     .start_ns = spans.empty() ? 0 : spans.back().end_ns,
                     .end_ns = steady_now_ns() - start_ns});
    return x;
  });
  for (int i = 0; i <= untimed_passes; ++i) {
    spans.clear();
    start_ns = steady_now_ns();
    pass.run();
  }
  return spans;
}

std::string chrome_trace(const Plan& plan, const std::vector<StepSpan>& spans, const ProfileOptions& options) {
  Json events = Json::array();
  for (const auto& span : spans) events.push_back(event_of(plan.steps[span.step], span, options));
  return Json{{"traceEvents", std::move(events)},
              {"displayTimeUnit", "ms"},
              {"otherData",
               {{"device", device_model(capture_environment().device, options.device)},
                {"dtype", std::string(name_of(options.dtype))},
                {"kernels", std::string(name_of(options.kernels))},
                {"threads", at::get_num_threads()},
                {"batch", options.batch}}}}
             .dump() +
         "\n";
}

}  // namespace mds
