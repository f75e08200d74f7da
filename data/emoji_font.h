// Draws emoji from a colour bitmap font: HarfBuzz shapes a sequence to one glyph, FreeType loads its bitmap.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pipeline/image.h"

namespace mds {

class EmojiFont {
 public:
  explicit EmojiFont(const std::string& file);  // FileError if it is not a font with colour bitmaps
  ~EmojiFont();

  // The glyph at its native size, centred on a white square as wide as the longer side; nothing if the font has no
  // single glyph for the sequence. Threads may call it at the same time; they are served one after the other.
  std::optional<Image> render(const std::u32string& sequence) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mds
