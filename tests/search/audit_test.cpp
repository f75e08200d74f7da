#include "search/audit.h"

#include <algorithm>

#include "tests/catch.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

struct Scored {
  std::string name;
  RunState state;
  std::vector<double> fd;  // after 10, 20, ... iterations
  bool audited = false;
};

void add(Database& database, const Scored& scored) {
  const int64_t run = add_run(database, scored.name);
  const Lease lease = take(database, run, {.owner = "test"});
  for (size_t i = 0; i < scored.fd.size(); ++i)
    add_metric(database, lease,
               {.iteration = 10 * int64_t(i + 1), .images_seen = 40, .name = "fd_emoji_clip", .value = scored.fd[i]});
  finish(database, lease, scored.state);
  if (scored.audited)
    add_decision(database, {.run = run, .rule = "r", .inputs_json = "{}", .verdict = "stop", .audited = true});
}

}  // namespace

TEST_CASE("an audit counts what was saved, who was stopped falsely, and how far the winner is from the best",
          "[search]") {
  Database database(":memory:");
  add(database, {"winner", RunState::done, {4, 2}});
  add(database, {"second", RunState::done, {4, 3}});
  add(database, {"stopped", RunState::stopped, {5}});
  add(database, {"failed", RunState::failed, {6}});
  Audit audit = audit_of(database, "s");
  CHECK(audit.runs == 4);
  CHECK(audit.stopped == 1);
  CHECK(audit.saved == Approx(0.25));
  CHECK_FALSE(audit.regret);
  CHECK_THAT(in_words(audit), Contains("none of them was trained on"));
  add(database, {"right", RunState::done, {5, 4}, /*audited=*/true});
  audit = audit_of(database, "s");
  CHECK(audit.audited == 1);
  CHECK(audit.false_stops == 0);
  CHECK(audit.regret == 0.0);
  add(database, {"wrong", RunState::done, {5, 1.6}, /*audited=*/true});
  audit = audit_of(database, "s");
  CHECK(audit.stopped == 3);
  CHECK(audit.false_stops == 1);
  CHECK(audit.regret.value() == Approx(0.25));
  CHECK_THAT(in_words(audit), Contains("3 of 6 runs were stopped") && Contains("Of the 2 that were trained on") &&
                                  Contains("1 ended better") && Contains("by 25.0% in fd_emoji_clip"));
}

TEST_CASE("of the stopped a share is audited, at least two, drawn by the seed", "[search]") {
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) names.push_back("c" + std::to_string(i));
  CHECK(drawn_for_audit({}, names, 0, 0).size() == 3);
  CHECK(drawn_for_audit({}, {"a"}, 0, 0).size() == 1);
  CHECK(drawn_for_audit({}, {"a", "b", "c"}, 0, 0).size() == 2);
  CHECK(drawn_for_audit({}, {"a", "b"}, 10, 2).empty());
  CHECK(drawn_for_audit({}, {"a", "b"}, 39, 2).size() == 1);
  CHECK(drawn_for_audit({.audit = 0}, names, 0, 0).empty());
  const auto drawn = drawn_for_audit({.seed = 1}, names, 0, 0);
  std::ranges::reverse(names);
  CHECK(drawn_for_audit({.seed = 1}, names, 0, 0) == drawn);
  CHECK(drawn_for_audit({.seed = 2}, names, 0, 0) != drawn);
}
