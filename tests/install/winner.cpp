// Enumerates a space, trains a sweep and prints the winner, with the installed libraries alone.
#include <iostream>

#include "experiments/screening.h"
#include "experiments/sweep/sweep.h"

int main(int, char** argv) {
  mds::Listener silent;
  const mds::SweepRequest request{.config = argv[1], .db = "winner.db"};
  const mds::Space space(mds::load_space(request.load().space), request.load().space);
  std::cout << mds::screened(space, {}, {.count = 3}, silent).found.admitted << " candidates, winner "
            << mds::run_sweep(request, silent).end.json["winner"]["candidate"].get<std::string>() << "\n";
}
