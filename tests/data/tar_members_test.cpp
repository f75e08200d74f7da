#include "data/tar_members.h"

#include <archive.h>
#include <archive_entry.h>

#include <cstdlib>
#include <filesystem>

#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/data/tar_builder.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

struct Tar {
  fs::path folder = scratch("tar_members");
  FolderReport skipped{};
  Tar() { fs::create_directories(folder); }
  ~Tar() { fs::remove_all(folder); }
  std::string file() const { return (folder / "a.tar").string(); }

  // Each member's path with its size, or "-" where it cannot be read.
  std::vector<std::string> members(TarBounds bounds = {}, size_t most = 1 << 20) {
    skipped = {};
    TarMembers tar(file(), skipped, bounds);
    std::vector<std::string> found;
    while (const auto path = tar.next()) {
      const auto bytes = tar.read(most);
      found.push_back(*path + " " + (bytes ? std::to_string(bytes->size()) : "-"));
    }
    return found;
  }
};

// The bytes as one stream of a filter of libarchive.
void write_filtered(const std::string& file, const std::string& bytes, int (*filter)(archive*)) {
  archive* writer = archive_write_new();
  REQUIRE(filter(writer) == ARCHIVE_OK);
  archive_write_set_format_raw(writer);
  REQUIRE(archive_write_open_filename(writer, file.c_str()) == ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "data");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, bytes.data(), bytes.size());
  archive_entry_free(entry);
  archive_write_free(writer);
}

}  // namespace

TEST_CASE("tars are read plain and by the four compressions", "[data]") {
  Tar tar;
  const std::string bytes = tar_member("a.txt", "abc") + tar_member("b.txt", "") + tar_end();
  const std::vector<std::string> expected{"a.txt 3", "b.txt 0"};
  save_text(tar.file(), bytes);
  CHECK(tar.members() == expected);
  for (const auto filter : {archive_write_add_filter_gzip, archive_write_add_filter_bzip2, archive_write_add_filter_xz,
                            archive_write_add_filter_zstd}) {
    write_filtered(tar.file(), bytes, filter);
    CHECK(tar.members() == expected);
    CHECK(tar.skipped.skips.empty());
  }
}

TEST_CASE("a shard starts no program, whatever its first bytes say", "[data]") {
  Tar tar;
  const std::string marker = (tar.folder / "started").string(), path = std::getenv("PATH");
  for (const char* name : {"grzip", "lrzip", "lzop", "uncompress", "lz4"}) {
    const fs::path program = tar.folder / name;
    save_text(program.string(), "#!/bin/sh\ntouch " + marker + "\n");
    fs::permissions(program, fs::perms::owner_all);
  }
  ::setenv("PATH", (tar.folder.string() + ":" + path).c_str(), 1);
  const std::string padding(4096, '\0');
  for (const std::string& magic : {std::string("GRZipII\0\2\4:)", 12), std::string("LRZI\0\6", 6),
                                   std::string("\x89LZO\0\r\n\x1a\n", 9), std::string("\x1f\x9d\x90", 3)}) {
    save_text(tar.file(), magic + padding);
    CHECK(tar.members().empty());
    CHECK_THAT(summary(tar.skipped), Contains("a shard that breaks off"));
  }
  ::setenv("PATH", path.c_str(), 1);
  CHECK(!fs::exists(marker));
}

TEST_CASE("a shard that unpacks to far more than its size is left with its bound", "[data]") {
  Tar tar;
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += tar_member(std::to_string(i) + ".png", std::string(100'000, '0'));
  write_filtered(tar.file(), bytes + tar_end(), archive_write_add_filter_gzip);
  CHECK(tar.members().size() == 8);
  const auto some = tar.members({.always_bytes = 350'000});
  CHECK(some.size() >= 1);
  CHECK(some.size() <= 4);
  CHECK_THAT(summary(tar.skipped), Contains("bytes; allowed: 100 times the size of its file, or 350000"));
  tar.members({.always_bytes = 350'000}, 10);  // members that are not wanted are unpacked too
  CHECK_THAT(summary(tar.skipped), Contains("bytes; allowed: 100 times the size of its file, or 350000"));
}

TEST_CASE("a member and the number of members have bounds", "[data]") {
  Tar tar;
  save_text(tar.file(), tar_member("a", "1234") + tar_member("b", "12345") + tar_member("c", "1") + tar_end());
  CHECK(tar.members({}, 4) == std::vector<std::string>{"a 4", "b -", "c 1"});
  CHECK_THAT(summary(tar.skipped), Contains("a.tar/b: a member of more than 4 bytes"));
  CHECK(tar.members({.members = 2}).size() == 2);
  CHECK_THAT(summary(tar.skipped), Contains("it has more than 2 members"));
}
