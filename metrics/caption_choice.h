// Attribute binding and counting, measured as a choice between captions: a picture counts as right where a text-image
// encoder places it nearer to its own caption than to copies with another skin tone or another number. Guessing scores
// 1 / candidates. The score cannot exceed what the encoder itself can distinguish, so measure real pictures too, beside
// the drawn ones.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "spec/tensor.h"

namespace mds {

// The caption, then the captions to distinguish it from. Empty where it has no such word; the picture is not counted.
std::vector<std::string> tone_choices(const std::string& caption);    // "man: dark skin tone": one tone of five
std::vector<std::string> number_choices(const std::string& caption);  // as above; numbers one .. twelve or 0 .. 10

inline constexpr const char* tone_rule =
    "nearest of the caption with each of 5 skin tones; guessing reaches 1/5; captions of one tone count";
inline constexpr const char* number_rule =
    "nearest of the caption with its first number replaced by each of one to twelve, or of 0 to 10; guessing reaches "
    "1/12, or 1/11; captions with a number count";

// 1 where picture i is nearer to the first row of choices_KE[i] than to every other row, else 0; float64 (N). An
// equally near row counts as nearer, so that collapsed embeddings score 0.
Tensor choice_values(const Tensor& images_NE, const std::vector<Tensor>& choices_KE);

}  // namespace mds
