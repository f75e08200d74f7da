#include "pipeline/packed_files.h"

#include <sys/stat.h>

#include <filesystem>
#include <optional>

#include "pipeline/mapped_file.h"
#include "spec/describe.h"
#include "spec/new_file.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

// A file's hash, and by what it is seen that the file is still the same.
struct KnownHash {
  std::string file;
  uint64_t bytes = 0;
  int64_t modified_ns = 0, changed_ns = 0;
  std::string sha256;
  bool operator==(const KnownHash&) const = default;
  static void describe(auto& self, auto&& field) {
    field("file", self.file, "path of the file");
    field("bytes", self.bytes, "its size");
    field("modified_ns", self.modified_ns, "time of its last modification, in nanoseconds");
    field("changed_ns", self.changed_ns, "time of the last change of its status, in nanoseconds");
    field("sha256", self.sha256, "SHA-256 of its content");
  }
};

// Without the hash; nothing where the file cannot be looked at.
std::optional<KnownHash> state_of(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  const auto ns = [](const timespec& time) { return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec; };
  return KnownHash{.file = fs::weakly_canonical(file).string(),
                   .bytes = uint64_t(status.st_size),
                   .modified_ns = ns(status.st_mtim),
                   .changed_ns = ns(status.st_ctim),
                   .sha256 = {}};
}

std::optional<KnownHash> known_hash(const std::string& kept) {
  try {
    return load_described<KnownHash>(kept);
  } catch (const std::runtime_error&) {  // missing or damaged: it is made anew
    return std::nullopt;
  }
}

}  // namespace

bool PackedFiles::keeps(const std::string& weights) const {
  const auto state = folder.empty() ? std::nullopt : state_of(weights);
  return state && state->bytes >= least_bytes;
}

std::string PackedFiles::name_for(const std::string& weights, const std::string& label,
                                  const std::string& variant) const {
  const std::string path = fs::weakly_canonical(weights).string();
  return folder + "/" + label + "-" + sha256(path + "\n" + variant).substr(0, 12);
}

std::string file_sha256(const std::string& weights, const PackedFiles& packed) {
  if (!packed.keeps(weights)) return file_sha256(weights);
  const std::string kept = packed.name_for(weights, fs::path(weights).stem().string()) + ".json";
  auto state = state_of(weights);
  if (auto known = known_hash(kept); known && state) {
    state->sha256 = known->sha256;
    if (*known == *state) return known->sha256;
  }
  const std::string hash = file_sha256(weights);
  if (!state) return hash;
  state->sha256 = hash;
  try {
    make_folder(packed.folder);
    save_text(kept, to_json(*state).dump(2) + "\n");
  } catch (const WriteError& error) {
    packed.say(error.what());
  }
  return hash;
}

}  // namespace mds
