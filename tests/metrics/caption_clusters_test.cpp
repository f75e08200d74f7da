#include "metrics/caption_clusters.h"

#include "tests/catch.h"

using namespace mds;

TEST_CASE("pictures of one caption are one cluster, however often the list names it", "[metrics]") {
  CHECK(caption_clusters({"a", "b", "a", "c"}, {0, 1, 2, 3}) == std::vector<int64_t>{0, 1, 0, 3});
  CHECK(caption_clusters({"a", "b", "a", "c"}, {2, 3}) == std::vector<int64_t>{0, 3});
  PictureSet set{.folder = "", .names = {}, .files = {"1", "2", "3", "4"}, .captions = {"a", "b", "a", "b"}};
  CHECK(repeat_clusters(set, {0, 1, 2, 3}).empty());
  set.repeats = 2;
  CHECK(repeat_clusters(set, {0, 1, 2, 3}) == std::vector<int64_t>{0, 1, 0, 1});
}

TEST_CASE("a reference's pictures have the numbers of the drawn captions, and other numbers for other captions",
          "[metrics]") {
  const auto clusters = reference_clusters({"a", "b"}, {"x", "b", "a", "y", "b", "x"});
  CHECK((clusters[1] == 1 && clusters[2] == 0 && clusters[4] == 1));
  CHECK((clusters[0] > 1 && clusters[3] > 1 && clusters[0] != clusters[3] && clusters[0] == clusters[5]));
}

TEST_CASE("a reference that lacks a drawn caption is not that of the captions", "[metrics]") {
  CHECK(reference_clusters({"a", "b"}, {"a", "c"}).empty());
}
