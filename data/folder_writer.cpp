#include "data/folder_writer.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "data/image_folder.h"
#include "spec/describe.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

std::string replaceable(std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (!fs::exists(folder)) return folder;
  if (!fs::is_directory(folder)) throw FileError(folder + ": exists and is not a folder");
  if (!fs::is_empty(folder) && !is_data_set(folder))
    throw FileError(folder + ": exists and is not a data set (no metadata.jsonl); choose another `out` or remove it");
  return folder;
}

}  // namespace

FolderWriter::FolderWriter(const std::string& folder)
    : folder_(replaceable(fs::path(folder).lexically_normal().string())), new_(folder_, Before::replaced) {}

void FolderWriter::add(const Image& image, const Pair& pair) {
  const bool plain = !pair.id.empty() && std::all_of(pair.id.begin(), pair.id.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_';
  });
  if (!plain || !ids_.insert(pair.id).second)
    throw std::logic_error("FolderWriter: the id \"" + pair.id + "\" is odd or used twice");
  groups_.insert(pair.group);
  held_out_ += pair.split == "held_out";
  const std::string name = pair.id + ".png";
  save_png(new_.path() + "/" + name, image);
  Json line{{"file_name", name}, {"text", pair.caption}, {"split", pair.split}, {"group", pair.group}, {"id", pair.id}};
  if (!pair.license.empty()) line["license"] = pair.license;
  if (!pair.layout.empty()) line["layout"] = to_json(pair.layout);
  lines_ += line.dump() + "\n";
}

BuildReport FolderWriter::finish() {
  if (ids_.empty()) throw FileError(folder_ + ": not written, for there is no usable picture");
  save_text(new_.path() + "/metadata.jsonl", lines_);
  new_.put_in_place();
  return {.pictures = int64_t(ids_.size()),
          .held_out = held_out_,
          .groups = int64_t(groups_.size()),
          .other_names = 0,
          .skipped = {}};
}

}  // namespace mds
