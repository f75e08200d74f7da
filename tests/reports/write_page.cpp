// Writes the page of a report: write_page DB REPORT OUT. Used by the script that opens pages in a browser.
#include <iostream>

#include "reports/page.h"

int main(int argc, char** argv) try {
  if (argc != 4) return std::cerr << "usage: write_page DB REPORT OUT\n", 2;
  const mds::Store store(argv[1], mds::StoreMode::read_only);
  mds::save_text(argv[3], mds::report_page(store, mds::find_report(argv[2]), {}));
} catch (const std::exception& error) {
  return std::cerr << error.what() << "\n", 1;
}
