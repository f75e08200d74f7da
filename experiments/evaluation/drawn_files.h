// Draws pictures to files that say how they were made. Existing ones are kept, so that a stopped run can continue.
#pragma once

#include "experiments/evaluation/drawing.h"

namespace mds {

// How files are written, and whether existing ones may be replaced.
struct WriteOptions {
  bool overwrite = false;  // also a picture that was made differently
  int quality = usual_quality;
};

enum class Found : uint8_t { missing, broken, same };

// The state of a file for a picture to be made in this way. RequestError, listing every field that differs, where the
// file was made in another way; with `overwrite` such a file counts as missing.
Found find_picture(const std::string& file, const PictureText& making, const WriteOptions& options);

// Writes the file with its making. Returns a warning where the format has no room for the making, else "".
std::string write_picture(const std::string& file, const Image& image, const PictureText& making,
                          const WriteOptions& options = {});

// The files for the pictures of a request, and the name of their place for messages.
struct DrawnFiles {
  std::string place;
  std::vector<std::string> files;
  WriteOptions options{};
  std::function<void(const std::string&)> ready{};  // called for each file, kept ones first
};

// Draws the missing pictures after checking all existing ones; each file is complete and written as soon as it is
// finished. Says what is kept and what is broken and drawn again. Returns how many were drawn. RequestError:
// see find_picture. Where the listener stops it, a std::runtime_error that says how many exist.
size_t draw_files(const ModelRun& run, const DrawRequest& request, const DrawnFiles& to, Listener& listener);

}  // namespace mds
