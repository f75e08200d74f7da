// Captions for OpenClipart's drawings, from the metadata in each SVG. Titles are short and mostly right, but whole
// batches were uploaded with one title; for these the file's name is the better caption.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace mds {

struct ClipartText {
  std::string path;     // relative to the collection: "animals/birds/owl_01.svg"
  std::string title;    // dc:title of the work, may be empty
  std::string creator;  // dc:title of the creator; file names often end with it
};

ClipartText parse_clipart(std::string_view svg, const std::string& path);

// Title or file name, cleaned and in lower case; empty if neither has a word. `titles` counts the collection's titles.
std::string clipart_caption(const ClipartText& text, const std::map<std::string, int64_t>& titles);

// Why the drawings of a folder cannot have good captions; empty for most. Shapes made by scripts, icon themes (named
// after programs) and playing cards (named by codes) have no describing text.
std::string unusable_folder(const std::string& path);

}  // namespace mds
