// Where a block stands: the shape of its input, and what else it can read.
#pragma once

#include <cstdint>

#include "spec/shape.h"

namespace mds {

struct Site {
  Shape in;                   // with the channels of a concatenated skip
  int64_t skip_channels = 0;  // how many of in.channels come from the concatenated skip
  int64_t text_tokens = 0;    // S
  int64_t text_width = 0;
  int64_t time_width = 0;    // E
  int64_t pooled_width = 0;  // P
  int64_t time_ids = 0;      // I
  int64_t boxes = 0;         // B
  bool operator==(const Site&) const = default;

  static void describe(auto& self, auto&& field) {
    field("in", self.in, "shape read, after the skip is joined");
    field("skip_channels", self.skip_channels, "how many of its channels a skip brings", at_least(0));
    field("text_tokens", self.text_tokens, "text tokens in scope", at_least(0));
    field("text_width", self.text_width, "channels of a text token", at_least(0));
    field("time_width", self.time_width, "width of the time embedding in scope", at_least(0));
    field("pooled_width", self.pooled_width, "of the pooled text read", later(at_least(0)));
    field("time_ids", self.time_ids, "numbers read", later(at_least(0)));
    field("boxes", self.boxes, "slots for boxes of a layout that is read", later(at_least(0)));
  }
};

}  // namespace mds
