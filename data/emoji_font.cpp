#include "data/emoji_font.h"

#include <ft2build.h>
#include <hb-ft.h>
#include <hb.h>

#include <algorithm>
#include <mutex>
#include FT_FREETYPE_H

#include "data/cutout.h"
#include "spec/error.h"

namespace mds {
namespace {

// FreeType's BGRA is premultiplied, so on white each channel is colour + (255 - alpha).
Image on_white(const FT_Bitmap& bitmap) {
  const int64_t width = bitmap.width, height = bitmap.rows;
  Image glyph = make_image({width, height});
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      const uint8_t* bgra = bitmap.buffer + y * bitmap.pitch + x * 4;
      for (int64_t c = 0; c < 3; ++c)
        glyph.rgb[size_t((y * width + x) * 3 + c)] = uint8_t(std::min(255, bgra[2 - c] + 255 - bgra[3]));
    }
  return glyph;
}

}  // namespace

struct EmojiFont::State {
  FT_Library library = nullptr;
  FT_Face face = nullptr;
  hb_font_t* font = nullptr;
  hb_buffer_t* buffer = hb_buffer_create();
  std::mutex mutex;  // a face holds one glyph at a time
  ~State() {
    hb_buffer_destroy(buffer);
    hb_font_destroy(font);
    FT_Done_Face(face);
    FT_Done_FreeType(library);
  }
};

EmojiFont::EmojiFont(const std::string& file) : state_(std::make_unique<State>()) {
  auto& state = *state_;
  if (FT_Init_FreeType(&state.library) != 0) throw FileError(file + ": FreeType cannot start");
  if (FT_New_Face(state.library, file.c_str(), 0, &state.face) != 0)
    throw FileError(file + ": is not a font that FreeType reads");
  if (!FT_HAS_COLOR(state.face) || state.face->num_fixed_sizes < 1 || FT_Select_Size(state.face, 0) != 0)
    throw FileError(file + ": has no colour bitmaps (table CBDT)");
  state.font = hb_ft_font_create_referenced(state.face);
}

EmojiFont::~EmojiFont() = default;

std::optional<Image> EmojiFont::render(const std::u32string& sequence) const {
  auto& state = *state_;
  const std::scoped_lock lock(state.mutex);
  hb_buffer_reset(state.buffer);
  hb_buffer_add_utf32(state.buffer, reinterpret_cast<const uint32_t*>(sequence.data()), int(sequence.size()), 0,
                      int(sequence.size()));
  hb_buffer_guess_segment_properties(state.buffer);
  hb_shape(state.font, state.buffer, nullptr, 0);
  unsigned count = 0;
  const hb_glyph_info_t* glyphs = hb_buffer_get_glyph_infos(state.buffer, &count);
  if (count != 1 || glyphs[0].codepoint == 0) return std::nullopt;
  if (FT_Load_Glyph(state.face, glyphs[0].codepoint, FT_LOAD_COLOR) != 0) return std::nullopt;
  const FT_Bitmap& bitmap = state.face->glyph->bitmap;
  if (bitmap.pixel_mode != FT_PIXEL_MODE_BGRA || bitmap.width == 0 || bitmap.rows == 0) return std::nullopt;
  return on_white_square(on_white(bitmap));
}

}  // namespace mds
