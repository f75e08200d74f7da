#include "app/flag_words.h"

#include "tests/catch.h"

using mds::with_flags;

TEST_CASE("fields in backquotes become flags, and commands stay", "[app]") {
  CHECK(with_flags("give another `save_reference`, or `out`") == "give another --save-reference, or --out");
  CHECK(with_flags("`mdsearch db retry trial` queues it; see `size`") ==
        "`mdsearch db retry trial` queues it; see --size");
  CHECK(with_flags("nothing, an open ` and `Name`") == "nothing, an open ` and `Name`");
  CHECK(with_flags("").empty());
}
