// A small store for tests: two architectures, one the proxy of the other, a sweep and its runs.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "search/store/store.h"
#include "tests/scratch.h"

namespace mds::test {

// A folder that is removed with the object.
struct ScratchFolder {
  std::filesystem::path path = mds::scratch("store");
  ScratchFolder() {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
};

inline ArchRow arch(const std::string& name, int64_t params = 1000) {
  const std::string spec = R"({"name":")" + name + "\"}";
  return {.hash = sha256(spec),
          .name = name,
          .spec_json = spec,
          .params = params,
          .macs = 30 * params,
          .macs_valid = 29 * params,
          .convention = "macs-valid-attn-v1",
          .input = "8x64x64",
          .generator = "test"};
}

inline int64_t add_run(Database& database, const std::string& name, int64_t seed = 0) {
  add_sweep(database, "s", "{}");
  add_arch(database, arch(name));
  return ensure_run(
      database,
      {.sweep = "s", .arch = arch(name).hash, .protocol = add_protocol(database, R"({"lr": 1e-3})"), .seed = seed});
}

// The number of rows; -1 where the table does not exist.
inline int64_t rows_of(const Database& database, const std::string& table) {
  for (const auto& count : info_of(database).tables)
    if (count.table == table) return count.rows;
  return -1;
}

inline LatencyRow latency(Database& database, int64_t first_ns = 1000) {
  const int64_t device = remember_device(database, {.model = "test cpu", .cores = 2}),
                env = remember_env(database, {.git_commit = "abc"});
  return {.key = {.block_json = R"({"block":{},"site":{}})", .device = device, .env = env},
          .path = "down1.0.conv",
          .samples_ns = {first_ns, first_ns + 2, first_ns + 1}};
}

}  // namespace mds::test
