// Draws lines of black text on pictures, with FreeType and a font file.
#pragma once

#include <string>
#include <vector>

#include "pipeline/image.h"

struct FT_LibraryRec_;
struct FT_FaceRec_;

namespace mds {

inline constexpr const char* usual_font = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

class Pen {
 public:
  Pen(const std::string& font, int64_t pixels);  // height of the letters; FileError if unreadable
  Pen(const Pen&) = delete;
  ~Pen();

  // Draws along the baseline from `start` until the text or the width ends; returns the number of characters drawn.
  size_t draw(const std::u32string& text, Image& canvas, ImageSize start, int64_t width) const;
  int64_t width_of(const std::u32string& text) const;
  int64_t line_height() const { return pixels_ * 5 / 4; }

  // Breaks text into at most `lines` lines of words that fit the width; the last gets the rest, which may be too long.
  std::vector<std::u32string> broken_into(size_t lines, const std::u32string& text, int64_t width) const;

 private:
  int64_t pixels_;
  FT_LibraryRec_* library_ = nullptr;
  FT_FaceRec_* face_ = nullptr;
};

}  // namespace mds
