#include "search/selection.h"

#include <algorithm>
#include <queue>

#include "search/offer_front.h"
#include "search/spread.h"
#include "spec/bootstrap.h"

namespace mds {
namespace {

class Everything final : public Selector::Rule {
 public:
  explicit Everything(int64_t count) : count_(count) {}
  void offer(const Offer&, int64_t) override {}
  std::vector<Offer> select(const std::vector<Offer>&, int64_t offered) override {
    throw ConfigError("the selection \"all\" has " + std::to_string(offered) + " networks to list and room for " +
                      std::to_string(count_) +
                      "; allowed: a larger count, lower caps, or the selection grid, random or spread");
  }

 private:
  int64_t count_;
};

// Keeps every `stride_`-th offer, and doubles the stride when it holds too many: the pick nearest to each even step is
// at most a quarter of a step away.
class Grid final : public Selector::Rule {
 public:
  explicit Grid(int64_t count) : count_(count), most_(size_t(std::max<int64_t>(4 * count, 8192))) {}
  void offer(const Offer& offer, int64_t n) override {
    if (n % stride_) return;
    kept_.push_back(offer);
    if (kept_.size() < most_) return;
    for (size_t i = 0; 2 * i < kept_.size(); ++i) kept_[i] = kept_[2 * i];
    kept_.resize((kept_.size() + 1) / 2);
    stride_ *= 2;
  }
  std::vector<Offer> select(const std::vector<Offer>&, int64_t offered) override {
    std::vector<Offer> picks;
    for (int64_t i = 0; i < count_; ++i) {
      const int64_t wanted = (2 * i + 1) * offered / (2 * count_);
      picks.push_back(kept_[std::min(size_t((wanted + stride_ / 2) / stride_), kept_.size() - 1)]);
    }
    return picks;
  }

 private:
  int64_t count_;
  size_t most_;
  int64_t stride_ = 1;
  std::vector<Offer> kept_;
};

// Draws a lot for each offer from the seed and its index, and keeps the `count` offers with the lowest lots.
class Sample final : public Selector::Rule {
 public:
  explicit Sample(const Pick& pick) : count_(size_t(pick.count)), seed_(pick.seed) {}
  void offer(const Offer& offer, int64_t n) override {
    const uint64_t lot = Random(Random(seed_).next() ^ uint64_t(n)).next();
    if (lots_.size() == count_ && lot >= lots_.top().lot) return;
    lots_.push({lot, n, offer});
    if (lots_.size() > count_) lots_.pop();
  }
  std::vector<Offer> select(const std::vector<Offer>&, int64_t) override {
    std::vector<Lot> drawn;
    for (; !lots_.empty(); lots_.pop()) drawn.push_back(lots_.top());
    std::sort(drawn.begin(), drawn.end(), [](const Lot& a, const Lot& b) { return a.n < b.n; });
    std::vector<Offer> picks;
    for (auto& lot : drawn) picks.push_back(std::move(lot.offer));
    return picks;
  }

 private:
  struct Lot {
    uint64_t lot;
    int64_t n;
    Offer offer;
    bool operator<(const Lot& other) const { return lot < other.lot; }
  };
  size_t count_;
  uint64_t seed_;
  std::priority_queue<Lot> lots_;
};

class Front final : public Selector::Rule {
 public:
  explicit Front(int64_t count) : count_(count) {}
  void offer(const Offer& offer, int64_t) override { front_.offer(offer); }
  std::vector<Offer> select(const std::vector<Offer>&, int64_t) override {
    std::vector<Offer> all;
    for (const auto& [macs, offer] : front_.offers()) all.push_back(offer);
    const auto size = int64_t(all.size());
    if (size <= count_) return all;
    std::vector<Offer> picks;
    for (int64_t i = 0; i < count_; ++i) picks.push_back(all[size_t(count_ > 1 ? i * (size - 1) / (count_ - 1) : 0)]);
    return picks;
  }

 private:
  int64_t count_;
  OfferFront front_;
};

std::unique_ptr<Selector::Rule> make_rule(const Pick& pick, const Caps& caps) {
  switch (pick.selection) {
    case Selection::all:
      return std::make_unique<Everything>(pick.count);
    case Selection::grid:
      return std::make_unique<Grid>(pick.count);
    case Selection::random:
      return std::make_unique<Sample>(pick);
    case Selection::front:
      return std::make_unique<Front>(pick.count);
    case Selection::spread:
      break;
  }
  return std::make_unique<Spread>(pick.count, caps);
}

}  // namespace

std::string rule_of(const Pick& pick) {
  switch (pick.selection) {
    case Selection::all:
      return "every admitted network";
    case Selection::grid:
      return "evenly spaced in the order of the space";
    case Selection::random:
      return "drawn at random with seed " + std::to_string(pick.seed);
    case Selection::front:
      return "evenly spaced along the front of most parameters for fewest MACs";
    case Selection::spread:
      break;
  }
  return "by turns from the front of most parameters for fewest MACs and from everywhere, each the one that differs "
         "most from those before it";
}

Selector::Selector(const Pick& pick, const Caps& caps) : pick_(pick) {
  pick_.count = std::max<int64_t>(0, pick.count);
  rule_ = make_rule(pick_, caps);
}
Selector::~Selector() = default;

void Selector::offer(const Offer& offer) {
  if (offered_ < pick_.count) first_.push_back(offer);
  if (pick_.count > 0) rule_->offer(offer, offered_);
  ++offered_;
}

void Selector::choose(const Offer& offer) { chosen_.push_back(offer); }

std::vector<Offer> Selector::select() {
  const int64_t offered = pick_.selection == Selection::all ? std::max(offered_, all_) : offered_;
  if (offered <= pick_.count && pick_.selection != Selection::front) return first_;
  if (pick_.count == 0 && pick_.selection != Selection::all) return {};
  return rule_->select(chosen_, offered);
}

}  // namespace mds
