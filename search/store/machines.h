// What a number was measured on: the machine, and the program with its build.
#pragma once

#include <cstdint>
#include <string>

#include "search/store/row.h"

namespace mds {

struct DeviceRow {
  std::string kind = "cpu";  // or "cuda"
  std::string model{};
  int64_t cores = 0;
  double clock_mhz = 0;
  int64_t memory_bytes = 0;
  std::string os{};
  std::string details_json = "{}";

  static constexpr TableTraits table{.name = "device"};
  static void columns(auto& self, auto&& column) {
    column("kind", self.kind, {.key = true});
    column("model", self.model, {.key = true});
    column("cores", self.cores, {.key = true});
    column("clock_mhz", self.clock_mhz, {.key = true});
    column("memory_bytes", self.memory_bytes, {.key = true});
    column("os", self.os, {.key = true});
    column("details_json", self.details_json, {.key = true, .is_long = true});
  }
};

// The program and its build, constant while it runs; numbers from different rows must not be combined.
struct EnvRow {
  std::string git_commit{};
  bool git_dirty = false;
  std::string compiler{};
  std::string compiler_flags{};
  std::string libtorch{};
  std::string cuda{};
  std::string determinism{};
  std::string details_json = "{}";  // other settings that stay while a process runs, such as its allocator

  static constexpr TableTraits table{.name = "env"};
  static void columns(auto& self, auto&& column) {
    column("git_commit", self.git_commit, {.key = true});
    column("git_dirty", self.git_dirty, {.key = true});
    column("compiler", self.compiler, {.key = true});
    column("compiler_flags", self.compiler_flags, {.key = true, .is_long = true});
    column("libtorch", self.libtorch, {.key = true});
    column("cuda", self.cuda, {.key = true});
    column("determinism", self.determinism, {.key = true});
    column("details_json", self.details_json, {.key = true, .is_long = true});
  }
};

// The number of the row, which is inserted where it is new. It is valid in this file only.
inline int64_t remember_device(Database& database, const DeviceRow& row) { return insert_numbered(database, row); }
inline int64_t remember_env(Database& database, const EnvRow& row) { return insert_numbered(database, row); }

}  // namespace mds
