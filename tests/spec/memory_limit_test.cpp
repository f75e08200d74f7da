// How much memory a process can get, with cgroup files as containers and batch systems leave them.
#include "spec/memory_limit.h"

#include <sys/resource.h>

#include "spec/error.h"
#include "tests/catch.h"
#include "tests/spec/cgroup_files.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("the smallest limit of a process's groups holds, in both versions", "[spec]") {
  const test::CgroupFiles groups;
  CHECK_FALSE(group_memory(groups.path(), "0::/job/step\n").has_value());
  groups.write("job/memory.max", "max\n");
  CHECK_FALSE(group_memory(groups.path(), "0::/job/step\n").has_value());
  groups.write("memory.max", "4000\n");
  groups.write("job/step/memory.max", "3000\n");
  CHECK(group_memory(groups.path(), "0::/job/step\n") == 3000);
  CHECK(group_memory(groups.path(), "0::/job\n") == 4000);
  groups.write("memory/job/memory.limit_in_bytes", "2000\n");
  CHECK(group_memory(groups.path(), "4:cpu:/job\n7:memory:/job\n") == 2000);
}

TEST_CASE("work that needs more than there can be is refused with both figures", "[spec]") {
  const auto usable = usable_memory();
  REQUIRE(usable.has_value());
  CHECK(*usable > 0);
  CHECK_NOTHROW(require_memory("a pass", 1000));
  CHECK_THROWS_AS(require_memory("a pass", int64_t(1) << 60), MemoryError);
  CHECK_THROWS_WITH(require_memory("a pass", int64_t(1) << 60),
                    Contains("a pass needs at least 1152921504.6 GB of memory, and ") && Contains("can be had"));
}

TEST_CASE("an address space that ulimit bounds counts what it leaves", "[spec]") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
  const int64_t room = int64_t(1) << 30;
  const rlimit bounded{.rlim_cur = rlim_t(room), .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_AS, &bounded) == 0);
  const auto usable = usable_memory();
  REQUIRE(::setrlimit(RLIMIT_AS, &before) == 0);
  CHECK(usable.value() < room);
}
