#include "metrics/picture_set.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "data/parallel.h"
#include "data/picture_files.h"
#include "pipeline/mapped_file.h"
#include "spec/describe.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

void add(PictureSet& to, const PictureSet& from, size_t i) {
  to.names.push_back(from.names[i]);
  to.files.push_back(from.files[i]);
  if (!from.captions.empty()) to.captions.push_back(from.captions[i]);
}

}  // namespace

PictureSet list_picture_files(const std::string& folder) {
  if (!fs::is_directory(folder)) throw FileError(folder + ": is not a folder");
  const auto files = picture_files_below(folder), names = picture_names(folder, files);
  std::map<std::string, std::string> found;
  for (size_t i = 0; i < files.size(); ++i)
    if (const auto [other, is_new] = found.emplace(names[i], files[i]); !is_new)
      throw FileError(files[i] + ": has the name of " + other->second + "; pictures are told apart by their names");
  if (found.empty()) throw FileError(folder + ": holds no picture; expected .png, .jpg, .jpeg or .webp files");
  PictureSet set{.folder = folder, .names = {}, .files = {}, .captions = {}};
  for (const auto& [name, file] : found) {
    set.names.push_back(name);
    set.files.push_back(file);
  }
  return set;
}

PictureSet list_captioned(const std::string& folder, const std::string& split) {
  PictureSet set{.folder = folder, .names = {}, .files = {}, .captions = {}};
  auto pairs = list_pairs(folder, {}, &set.skipped);
  if (!split.empty()) pairs = pairs_of_split(pairs, split);
  if (pairs.empty()) throw FileError(folder + ": holds no picture of split \"" + split + "\"");
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.file < b.file; });
  for (const auto& pair : pairs) {
    set.files.push_back(pair.file);
    set.captions.push_back(pair.caption);
    set.layouts.push_back(pair.layout);
  }
  set.names = picture_names(folder, set.files);
  return set;
}

std::string pictures_hash(const PictureSet& set) {
  std::vector<std::string> hashes(set.files.size());
  parallel_for(int64_t(hashes.size()), [&](int64_t i) { hashes[size_t(i)] = file_sha256(set.files[size_t(i)]); });
  std::string lines;
  for (size_t i = 0; i < hashes.size(); ++i)
    lines += Json(set.names[i]).dump(-1, ' ', false, Json::error_handler_t::replace) + hashes[i] + "\n";
  return sha256(lines);
}

std::string captions_hash(const std::vector<std::string>& captions) {
  return captions.empty() ? "" : sha256(Json(captions).dump(-1, ' ', false, Json::error_handler_t::replace));
}

PicturePairs paired(const PictureSet& a, const PictureSet& b) {
  PicturePairs pairs{.a = {.folder = a.folder, .names = {}, .files = {}, .captions = {}},
                     .b = {.folder = b.folder, .names = {}, .files = {}, .captions = {}},
                     .skipped = {}};
  std::map<std::string, size_t> of_b;
  for (size_t i = 0; i < b.names.size(); ++i) of_b[b.names[i]] = i;
  for (size_t i = 0; i < a.names.size(); ++i) {
    const auto partner = of_b.extract(a.names[i]);
    if (partner) {
      add(pairs.a, a, i);
      add(pairs.b, b, partner.mapped());
    } else {
      pairs.skipped.skips.push_back({a.files[i], "has no partner of its name in the other folder"});
    }
  }
  for (const auto& [name, i] : of_b)
    pairs.skipped.skips.push_back({b.files[i], "has no partner of its name in the other folder"});
  if (pairs.a.names.empty())
    throw FileError(a.folder + " and " + b.folder + ": share no picture's name; pairs are matched by file name");
  return pairs;
}

}  // namespace mds
