#include "experiments/timing/profile_job.h"

#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("a profile measures in one process, twice for a final value, and three times to compare", "[experiments]") {
  ProfileJob job{.networks = {"a"}};
  CHECK(checked(job).request.processes == 1);
  CHECK(checked(job).request.subject == "a");
  job.request.options.mode = TimingMode::final;
  CHECK(checked(job).request.processes == 2);
  job.networks.push_back("b");
  job.compares = true;
  CHECK(checked(job).request.processes == 3);
  job.request.processes = 5;
  CHECK(checked(job).request.processes == 5);
}

TEST_CASE("a profile is of one kind of subject, with what that kind has", "[experiments]") {
  const auto refused = [](ProfileJob job, const std::string& why) {
    INFO(why);
    CHECK_THROWS_WITH(checked(std::move(job)), Contains(why));
  };
  refused({}, "needs either NAME or `model` DIR");
  refused({.networks = {"a"}, .model = "b"}, "needs either NAME or `model` DIR");
  refused({.networks = {"a", "b"}}, "`compare` times them against each other");
  refused({.networks = {"a"}, .compares = true}, "at least two networks");
  refused({.networks = {"a"}, .request = {.sampler = {{"steps", "4"}}}}, "--steps needs `model`");
  refused({.networks = {"a", "b"}, .compares = true, .request = {.trace = "t.json"}}, "`trace` is of one network");
  refused({.model = "m", .request = {.options = {.batch = 2, .blocks = false}}}, "`batch` are of a network");
  refused({.model = "m", .request = {.options = {.device = "cuda:0", .blocks = false}}}, "timed on the CPU alone");
  refused({.lone = {.sites = {"8x4x4"}}, .request = {.pixels = {64, 64}}}, "are of a network");
}
