#include "trainer/checkpoint_file.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "pipeline/mapped_file.h"
#include "spec/new_file.h"

namespace mds {
namespace {

std::string hashes_file(const std::string& file) { return file + ".sha256"; }

bool is_beside(const std::string& file, const std::string& hash) {
  std::string two_lines(2 * (hash.size() + 1), ' ');
  std::ifstream in(hashes_file(file));
  in.read(two_lines.data(), std::streamsize(two_lines.size()));
  return two_lines.find(hash) != std::string::npos;
}

}  // namespace

void CheckpointFile::check() {
  sha256_.clear();
  without_hashes_ = false;
  if (!std::filesystem::exists(file_)) return;
  load_tensors(file_);  // its error names the place of the damage, which a hash cannot
  const std::string hash = file_sha256(file_);
  without_hashes_ = !std::filesystem::exists(hashes_file(file_));
  if (!without_hashes_ && !is_beside(file_, hash))
    throw FileError(file_ + ": is damaged: its SHA-256 is " + hash + ", and " + hashes_file(file_) + " holds another");
  sha256_ = hash;
}

std::string CheckpointFile::adopt() {
  if (!std::exchange(without_hashes_, false)) return "";
  save_hashes("", sha256_);
  return file_ +
         ": has no hash beside it, as checkpoints of earlier versions; whether it is damaged is not known. Its hash is "
         "stored now, and is checked from now on";
}

void CheckpointFile::save(const Loop& loop, const std::string& identity) {
  saved();  // one file at a time
  auto written = std::make_unique<NewFile>(file_);
  loop.write(*written, identity);
  iteration_ = loop.iteration();
  placing_ = std::async(std::launch::async, &CheckpointFile::place, this, std::move(written));
}

std::optional<int64_t> CheckpointFile::saved() {
  if (!placing_.valid()) return std::nullopt;
  sha256_ = placing_.get();
  without_hashes_ = false;
  return iteration_;
}

void CheckpointFile::wait() const {
  if (placing_.valid()) placing_.wait();
}

std::string CheckpointFile::place(std::unique_ptr<NewFile> written) const {
  const std::string hash = file_sha256(written->path());
  save_hashes(sha256_, hash);
  written->put_in_place();
  return hash;
}

void CheckpointFile::save_hashes(const std::string& before, const std::string& after) const {
  NewFile hashes(hashes_file(file_));
  if (!before.empty() && before != after) hashes.write(before + "\n");
  hashes.write(after + "\n");
  hashes.put_in_place();
}

}  // namespace mds
