// Pictures as files that tell how they were made: kept where they are there already, so that what was stopped goes on.
#pragma once

#include "app/drawing.h"

namespace mds {

// How files are written, and what becomes of those that are there.
struct WriteOptions {
  bool overwrite = false;  // also a picture that was made otherwise
  int quality = usual_quality;
};

enum class Found : uint8_t { missing, broken, same };

// What is at the place of a picture that is to be made like this. UsageError where there is one that was made
// otherwise, naming every field that differs; with `overwrite` that counts as missing.
Found find_picture(const std::string& file, const PictureText& making, const WriteOptions& options);

// Writes the file with its making; a warning on stderr where the format has no room for that.
void write_picture(const std::string& file, const Image& image, const PictureText& making,
                   const WriteOptions& options = {});

// Where each picture of a request goes, and how messages call the place.
struct DrawnFiles {
  std::string place;
  std::vector<std::string> files;
  WriteOptions options{};
  std::function<void(const std::string&)> ready{};  // told of each file, first of those that are kept
};

// Draws the pictures that are not there, each file whole and as soon as it is finished, after all that are there were
// looked at; what is kept and what is broken, and so drawn anew, is told on stderr. Returns how many were drawn.
// UsageError: see find_picture. After an interrupt a std::runtime_error that says how many are there.
size_t draw_files(const ModelRun& run, const DrawRequest& request, const DrawnFiles& to);

}  // namespace mds
