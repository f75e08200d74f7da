#include "spec/printable_stream.h"

#include <fstream>
#include <sstream>

#include "tests/catch.h"

using namespace mds;

TEST_CASE("nothing that a terminal would obey passes a guarded stream", "[spec]") {
  std::ostringstream out;
  {
    const PrintableOutput guard(out);
    out << "\x1b]0;owned\x07 gr\xc3\xb6\xc3\x9f" << 'e' << '\x1b' << 7 << "\n" << std::flush;
  }
  CHECK(out.str() ==
        " ]0;owned  gr\xc3\xb6\xc3\x9f"
        "e 7\n");
  out << "\x1b";
  CHECK(out.str().ends_with('\x1b'));
}

TEST_CASE("a stream that cannot be written to says so through its guard", "[spec]") {
  std::ofstream full("/dev/full");
  const PrintableOutput guard(full);
  full << "text" << std::flush;
  CHECK(full.fail());
}
