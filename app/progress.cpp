#include "app/progress.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "spec/printable.h"

namespace mds {

using Clock = std::chrono::steady_clock;

void warn(const std::string& warning) {
  if (!warning.empty()) std::cerr << warning << "\n";
}

Progress::Progress(std::string what, int64_t total, int64_t done)
    : what_(std::move(what)),
      total_(total),
      first_(done),
      terminal_(::isatty(STDERR_FILENO)),
      start_(Clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (open_) std::fprintf(stderr, "\n");
}

void Progress::show(int64_t done, const std::string& detail, int64_t every) {
  const auto now = Clock::now();
  const bool end = done == total_;
  if (terminal_ ? !end && now - last_ < std::chrono::milliseconds(200) : !end && done % every != 0) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0 ? double(done - first_) / seconds : 0;
  const double left = rate > 0 ? double(total_ - done) / rate : 0;
  std::fprintf(stderr, "%s%s %lld/%lld  %.2f/s  %lld:%02lld left  %s%s", terminal_ ? "\r" : "", one_line(what_).c_str(),
               static_cast<long long>(done), static_cast<long long>(total_), rate, static_cast<long long>(left) / 60,
               static_cast<long long>(left) % 60, one_line(detail).c_str(), terminal_ ? "\x1b[K" : "\n");
  open_ = terminal_;
}

}  // namespace mds
