#include "experiments/run_files.h"

#include "tests/catch.h"

using namespace mds;

TEST_CASE("a sweep or a training has a name that a folder can have", "[app]") {
  for (const char* name : {"emoji", "emoji-md.2", "größe", "...", "a b"}) CHECK_NOTHROW(check_folder_name(name, {}));
  const std::string with_nul("a\0b", 3), long_name(201, 'a');
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("/"), with_nul,
        std::string("a\nb"), std::string("a\x1b[2J"), std::string("a\x7f"), std::string("a\xc2\x9b"),
        std::string("a\xe2\x80\xae"), std::string("\xff"), long_name}) {
    INFO(name);
    CHECK_THROWS_WITH(check_folder_name(name, {"s.json", "name"}),
                      Catch::Contains("s.json: name is ") && Catch::Contains("; allowed: the name of a folder"));
  }
}
