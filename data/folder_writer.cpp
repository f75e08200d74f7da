#include "data/folder_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "spec/describe.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

void check_replaceable(const std::string& folder) {
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder)) throw FileError(folder + ": exists and is not a folder");
  if (!fs::is_empty(folder) && !fs::exists(fs::path(folder) / "metadata.jsonl"))
    throw FileError(folder + ": exists and is not a data set (no metadata.jsonl); choose another `out` or remove it");
}

}  // namespace

FolderWriter::FolderWriter(std::string folder) : folder_(fs::path(std::move(folder)).lexically_normal().string()) {
  while (folder_.size() > 1 && folder_.back() == '/') folder_.pop_back();
  check_replaceable(folder_);
  temporary_ = folder_ + ".tmp" + std::to_string(::getpid());
  std::error_code error;
  fs::remove_all(temporary_, error);
  if (!fs::create_directories(temporary_, error))
    throw FileError(temporary_ + ": cannot be created: " + error.message());
}

FolderWriter::~FolderWriter() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void FolderWriter::add(const Image& image, const Pair& pair) {
  const bool plain = !pair.id.empty() && std::all_of(pair.id.begin(), pair.id.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_';
  });
  if (!plain || !ids_.insert(pair.id).second)
    throw std::logic_error("FolderWriter: the id \"" + pair.id + "\" is odd or used twice");
  groups_.insert(pair.group);
  held_out_ += pair.split == "held_out";
  const std::string name = pair.id + ".png";
  save_png(temporary_ + "/" + name, image);
  Json line{{"file_name", name}, {"text", pair.caption}, {"split", pair.split}, {"group", pair.group}, {"id", pair.id}};
  if (!pair.license.empty()) line["license"] = pair.license;
  lines_ += line.dump() + "\n";
}

BuildReport FolderWriter::finish() {
  if (ids_.empty()) throw FileError(folder_ + ": not written, for there is no usable picture");
  save_text(temporary_ + "/metadata.jsonl", lines_);
  const std::string old = temporary_ + ".old";
  std::error_code error;
  if (fs::exists(folder_)) fs::rename(folder_, old, error);
  if (!error) fs::rename(temporary_, folder_, error);
  if (error) {
    std::error_code ignored;
    if (fs::exists(old)) fs::rename(old, folder_, ignored);
    throw FileError(folder_ + ": cannot be put in place: " + error.message());
  }
  temporary_.clear();
  fs::remove_all(old, error);
  return {.pictures = int64_t(ids_.size()),
          .held_out = held_out_,
          .groups = int64_t(groups_.size()),
          .other_names = 0,
          .skipped = {}};
}

}  // namespace mds
