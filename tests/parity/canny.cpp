// Writes the edges of pictures: `canny LOW HIGH IN.png OUT.png [IN.png OUT.png ...]`. tests/parity/canny.py runs it.
#include "pipeline/canny.h"

#include <iostream>

int main(int argc, char** argv) {
  if (argc < 5 || argc % 2 == 0) {
    std::cerr << "usage: canny LOW HIGH IN.png OUT.png [IN.png OUT.png ...]\n";
    return 2;
  }
  const mds::CannyThresholds thresholds{std::atoll(argv[1]), std::atoll(argv[2])};
  for (int i = 3; i < argc; i += 2) mds::save_png(argv[i + 1], mds::canny_edges(mds::load_image(argv[i]), thresholds));
  return 0;
}
