// Which files of a folder are pictures to a reader of folders, and what they are called.
#pragma once

#include <string>
#include <vector>

namespace mds {

// Files and folders whose name begins with a dot belong to programs: previews, checkpoints, macOS's "._x.jpg".
bool is_hidden(const std::string& name);

// The picture files below a folder, sorted, without what is hidden. A symbolic link to a folder is followed unless its
// files are there already under another name, so that no picture comes twice and a link to a folder above ends.
std::vector<std::string> picture_files_below(const std::string& folder);

// A name for each file: its path from the folder without the extension. Of files that differ only there (a.jpg beside
// a.png) both are pictures, and each keeps its extension.
std::vector<std::string> picture_names(const std::string& folder, const std::vector<std::string>& files);

}  // namespace mds
