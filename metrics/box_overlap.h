// How well pictures keep to their layouts, by an encoder of pictures and texts: where does it see each phrase?
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "metrics/extractor.h"
#include "spec/layout.h"

namespace mds {

// Left, top, right, bottom, as in PlacedPhrase.
using Box = std::vector<double>;

double intersection_over_union(const Box& a, const Box& b);

// Squares of 0.25 to 0.75 of a picture's shorter side, each 1.2 times the one before, at every sixteenth of that side.
std::vector<Box> windows_of(ImageSize size);

// For each phrase the window that the encoder finds most like it, by the cosine of their embeddings.
std::vector<Box> windows_of_phrases(const Extractor& extractor, const Tensor& picture_1CHW,
                                    const PictureLayout& layout);

// The mean over the phrases of the overlap of that window with the phrase's box. At least one phrase.
double box_overlap(const Extractor& extractor, const Tensor& picture_1CHW, const PictureLayout& layout);

// The share of the boxes in which the encoder finds their own phrase at least as likely as any other of the layout.
double box_binding(const Extractor& extractor, const Tensor& picture_1CHW, const PictureLayout& layout);

}  // namespace mds
