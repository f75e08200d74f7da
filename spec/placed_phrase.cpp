#include "spec/placed_phrase.h"

#include "spec/number.h"

namespace mds {

void check(const PlacedPhrase& placed, const Place& place) {
  if (placed.phrase.empty()) place.child("phrase").fail("is empty; expected words for the object");
  const auto& box = placed.box;
  if (box.size() != 4)
    place.child("box").fail("holds " + std::to_string(box.size()) + " numbers; expected left, top, right, bottom");
  for (const size_t axis : {0, 1}) {
    const double first = box[axis], last = box[axis + 2];
    if (0 <= first && first < last && last <= 1) continue;
    place.child("box").fail("goes from " + shown_number(first) + " to " + shown_number(last) +
                            (axis == 0 ? " across" : " down") + "; allowed: a smaller to a larger number, in 0 to 1");
  }
}

}  // namespace mds
