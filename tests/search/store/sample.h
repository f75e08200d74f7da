// A small store for tests: two architectures, one the proxy of the other, a sweep and its runs.
#pragma once

#include <soci/soci.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "search/store/store.h"
#include "tests/scratch.h"

namespace mds::test {

// An empty database of its own: in memory, or on the server that MDSEARCH_TEST_SERVER names, in a schema.
inline std::string fresh_store(const std::string& otherwise = ":memory:") {
  const char* server = std::getenv("MDSEARCH_TEST_SERVER");
  if (!server) return otherwise;
  static int64_t count = 0;
  const std::string schema = "t" + std::to_string(::getpid()) + "_" + std::to_string(++count);
  soci::session("postgresql", server) << "CREATE SCHEMA " + schema;
  return server + std::string("&options=-csearch_path%3D") + schema;
}

// A folder that is removed with the object.
struct ScratchFolder {
  std::filesystem::path path = mds::scratch("store");
  ScratchFolder() {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
  // The address of a database that other processes can open: a file in the folder, or a schema on the server.
  std::string store(const std::string& name) const {
    const auto [known, is_new] = stores.try_emplace(name);
    if (is_new) known->second = fresh_store(file(name));
    return known->second;
  }
  mutable std::map<std::string, std::string> stores{};
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
