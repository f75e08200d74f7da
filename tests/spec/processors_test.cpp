// How many processors a process may use, with cgroup files as Docker, Slurm and systemd leave them.
#include "spec/processors.h"

#include "tests/catch.h"
#include "tests/spec/cgroup_files.h"

namespace {

struct Groups : mds::test::CgroupFiles {
  double quota(const std::string& membership) const { return mds::quota_processors(path(), membership); }
};

}  // namespace

TEST_CASE("a quota of version 2 limits its group and all below it", "[spec]") {
  const Groups groups;
  CHECK(groups.quota("0::/\n") == 0);
  groups.write("job/cpu.max", "400000 100000\n");
  groups.write("job/step/cpu.max", "max 100000\n");
  CHECK(groups.quota("0::/job/step\n") == 4);
  groups.write("job/step/cpu.max", "150000 100000\n");
  CHECK(groups.quota("0::/job/step\n") == 1.5);
  CHECK(groups.quota("0::/job\n") == 4);
  CHECK(groups.quota("0::/elsewhere\n") == 0);
}

TEST_CASE("inside a container the root holds the quota, whatever the group is called outside", "[spec]") {
  const Groups groups;
  groups.write("cpu.max", "200000 100000\n");
  CHECK(groups.quota("0::/docker/0123\n") == 2);
}

TEST_CASE("a quota of version 1 is that of the controller cpu", "[spec]") {
  const Groups groups;
  groups.write("cpu/job/cpu.cfs_quota_us", "50000\n");
  groups.write("cpu/job/cpu.cfs_period_us", "100000\n");
  CHECK(groups.quota("5:memory:/job\n4:cpu,cpuacct:/job\n") == 0.5);
  CHECK(groups.quota("3:cpuset:/job\n") == 0);
  groups.write("cpu/job/cpu.cfs_quota_us", "-1\n");
  CHECK(groups.quota("4:cpu,cpuacct:/job\n") == 0);
}

TEST_CASE("at least one processor is usable", "[spec]") { CHECK(mds::usable_processors() >= 1); }
