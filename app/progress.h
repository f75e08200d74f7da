// Shows the progress of long work on stderr: a line per unit of work, with rate and time left; on a terminal the line
// is rewritten.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mds {

void warn(const std::string& warning);  // a line on stderr; nothing where it is empty

class Progress {
 public:
  Progress(std::string what, int64_t total, int64_t done = 0);
  ~Progress();
  // `detail` is appended to the line. Off a terminal a line is printed every `every` units and at the end.
  void show(int64_t done, const std::string& detail = "", int64_t every = 1);

 private:
  std::string what_;
  int64_t total_, first_;
  bool terminal_, open_ = false;
  std::chrono::steady_clock::time_point start_, last_;
};

}  // namespace mds
