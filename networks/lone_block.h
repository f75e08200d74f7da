// A block that stands alone: a plan's step made of what people type, or read back from the row that stores it.
#pragma once

#include <string>

#include "networks/plan.h"

namespace mds {

// "1024x16x16" is a map of C x H x W, "256x1024" are T tokens of width C, and "1280" is a vector.
Shape parse_shape(const std::string& text, const Place& place);

// A shape, which then stands where MobileDiffusion's blocks stand (77 text tokens of 768 channels, a time embedding of
// 1,280), or an object with the fields of a site.
Site parse_site(const Json& json, const Place& place);

// The block with its site, checked. The one field that has to fit the site has it as its default: a block that names no
// `out` writes as many channels as it reads. In the form that equal blocks of a UNet have, so that all share one
// latency. The path says what differs from the kind's defaults: "separable 1024x16x16, kernel 5".
PlanStep lone_step(const Json& block, const Site& site, const Place& place);

// The step that canonical_json() was made of, with such a path; ConfigError where the text is not of one.
PlanStep step_of(const std::string& canonical_json);

// What of the block and of its site is not a default: "kernel 5, expansion 2" and "1024x16x16, 320 of a skip".
std::string words_of(const BlockSpec& block, const Site& site);
std::string words_of(const Site& site);

}  // namespace mds
