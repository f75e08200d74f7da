// Makes an enumeration of what screening finds: counts, the included networks, the selected ones with their names.
#pragma once

#include "search/enumerate.h"
#include "search/factored_screen.h"
#include "search/offer_front.h"

namespace mds {

// Hashes already seen. Open addressing, because a node for each of ten million hashes would not fit into a cache or a
// small machine.
class SeenSet {
 public:
  bool insert(uint64_t value);

 private:
  bool place(uint64_t value);
  void grow();
  std::vector<uint64_t> slots_;
  size_t count_ = 0;
};

// The included networks of a space, each also found by its hash when a point turns out to be that network.
class IncludedNetworks {
 public:
  // ConfigError for one over the caps.
  IncludedNetworks(const Space& space, const Caps& caps);
  Candidate* find(uint64_t print);
  std::vector<Candidate>& candidates() { return candidates_; }

 private:
  std::vector<Candidate> candidates_;
  std::vector<uint64_t> prints_;
};

class EnumerationBuilder {
 public:
  EnumerationBuilder(const Space& space, const Caps& caps, const Pick& pick);

  // Joins screened parts in the order of the space, or takes the counts of a factored one and offers its front and a
  // sample of its points to the selection.
  void add(const Screened& part);
  void add(const FactoredSpace& factored, const Caps& caps, const FactoredScreening& screened);

  int64_t total() const { return result_.total; }
  Enumeration finish();

 private:
  void offer(const Offer& offer, uint64_t print);
  Candidate candidate_at(const Cost& cost, const Point& point) const;
  void check_points() const;
  void take_notes();

  const Space& space_;
  IncludedNetworks included_;
  Selector selector_;
  OfferFront front_;
  Enumeration result_;
  SeenSet seen_;
  Tally exists_, collapses_;
  int64_t included_points_ = 0;
};

}  // namespace mds
