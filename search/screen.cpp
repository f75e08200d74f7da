#include "search/screen.h"

#include "search/effect.h"

namespace mds {
namespace {

class Screen {
 public:
  Screen(const Space& space, const Caps& caps) : caps_(caps), effects_(space) {
    found_.exists.assign(space.choices().size(), 0);
    found_.collapses = found_.exists;
  }

  void see(const UNetSpec& network, const Point& point) {
    ++found_.total;
    const size_t first = point.size() - found_.exists.size();
    for (size_t i = 0; i < found_.exists.size(); ++i) found_.exists[i] += point[first + i] >= 0;
    Cost cost;
    try {
      cost = memo_.cost_of(network);
    } catch (const ConfigError& error) {
      if (found_.rejected.invalid++ == 0) found_.first_invalid = error.what();
      return;
    }
    const uint64_t print = prints_.of(network);
    if (is_double(network, point) || is_over(cost)) return;
    found_.costs.push_back(cost);
    found_.prints.push_back(print);
    found_.points.insert(found_.points.end(), point.begin(), point.end());
  }

  Screened finish() { return std::move(found_); }

 private:
  bool is_double(const UNetSpec& network, const Point& point) {
    const auto collapsing = effects_.collapsing(network, point, prints_);
    for (const size_t choice : collapsing) ++found_.collapses[choice];
    found_.rejected.duplicate += !collapsing.empty();
    return !collapsing.empty();
  }

  bool is_over(const Cost& cost) {
    const bool params = cost.params > caps_.params, macs = cost.macs_valid > caps_.macs_valid;
    if (params && macs)
      ++found_.rejected.both;
    else if (params)
      ++found_.rejected.params;
    else if (macs)
      ++found_.rejected.macs;
    return params || macs;
  }

  Caps caps_;
  Screened found_;
  CostMemo memo_;
  Fingerprints prints_;
  EffectCheck effects_;
};

}  // namespace

void Rejections::add(const Rejections& other) {
  params += other.params;
  macs += other.macs;
  both += other.both;
  invalid += other.invalid;
  duplicate += other.duplicate;
}

Screened screen(const Space& space, const Caps& caps, const Point& beginning) {
  Screen screen(space, caps);
  space.for_each([&](const UNetSpec& network, const Point& point) { screen.see(network, point); }, beginning);
  return screen.finish();
}

}  // namespace mds
