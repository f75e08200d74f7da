#include "spec/printable.h"

#include "tests/catch.h"

TEST_CASE("nothing that a terminal would obey passes, and every letter does", "[spec]") {
  CHECK(mds::printable("größe ↓ 😀\n†") == "größe ↓ 😀\n†");
  CHECK(mds::printable("\x1b[31mred\x07") == " [31mred ");
  CHECK(mds::printable("a\x7f"
                       "b\xc2\x9b"
                       "c\r\t") == "a b c  ");
  CHECK(mds::printable("a\x9b"
                       "b\xff\xc0\x80") == "a?b???");
  CHECK(mds::printable("\xe2\x80\xae"
                       "gnp.exe") == " gnp.exe");
  CHECK(mds::printable("\xed\xa0\x80\xf0\x9f") == "?????");
  CHECK(mds::one_line("two\nlines") == "two lines");
}
