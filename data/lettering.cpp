#include "data/lettering.h"

#include <ft2build.h>

#include <algorithm>
#include FT_FREETYPE_H

#include "spec/error.h"

namespace mds {
namespace {

void blend(const FT_Bitmap& bitmap, Image& canvas, int64_t left, int64_t top) {
  for (int64_t y = 0; y < int64_t(bitmap.rows); ++y)
    for (int64_t x = 0; x < int64_t(bitmap.width); ++x) {
      if (left + x < 0 || left + x >= canvas.width || top + y < 0 || top + y >= canvas.height) continue;
      const int ink = bitmap.buffer[y * bitmap.pitch + x];
      uint8_t* pixel = canvas.rgb.data() + ((top + y) * canvas.width + left + x) * 3;
      for (int c = 0; c < 3; ++c) pixel[c] = uint8_t(pixel[c] * (255 - ink) / 255);
    }
}

}  // namespace

Pen::Pen(const std::string& font, int64_t pixels) : pixels_(pixels) {
  if (FT_Init_FreeType(&library_) != 0 || FT_New_Face(library_, font.c_str(), 0, &face_) != 0 ||
      FT_Set_Pixel_Sizes(face_, 0, FT_UInt(pixels)) != 0) {
    FT_Done_FreeType(library_);
    throw FileError(font + ": is not a font that FreeType reads");
  }
}

Pen::~Pen() {
  FT_Done_Face(face_);
  FT_Done_FreeType(library_);
}

size_t Pen::draw(const std::u32string& text, Image& canvas, ImageSize start, int64_t width) const {
  int64_t x = start.width;
  for (size_t i = 0; i < text.size(); ++i) {
    if (FT_Load_Char(face_, text[i], FT_LOAD_RENDER) != 0) continue;
    const auto& glyph = *face_->glyph;
    if (x + (glyph.advance.x >> 6) > start.width + width) return i;
    blend(glyph.bitmap, canvas, x + glyph.bitmap_left, start.height - glyph.bitmap_top);
    x += glyph.advance.x >> 6;
  }
  return text.size();
}

int64_t Pen::width_of(const std::u32string& text) const {
  int64_t width = 0;
  for (const char32_t c : text)
    if (FT_Load_Char(face_, c, FT_LOAD_DEFAULT) == 0) width += face_->glyph->advance.x >> 6;
  return width;
}

std::vector<std::u32string> Pen::broken_into(size_t lines, const std::u32string& text, int64_t width) const {
  std::vector<std::u32string> result(1);
  for (size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(U' ', at), text.size());
    const auto word = text.substr(at, end - at), longer = result.back().empty() ? word : result.back() + U" " + word;
    if (result.size() < lines && !result.back().empty() && width_of(longer) > width) {
      result.push_back(word);
    } else {
      result.back() = longer;
    }
    at = end + 1;
  }
  return result;
}

}  // namespace mds
