#include "app/terminal_listener.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>

#include "app/flag_words.h"
#include "app/interrupts.h"
#include "spec/printable.h"

namespace mds {
namespace {

using Clock = std::chrono::steady_clock;

// Off a terminal, a line is printed every `every` units and at the end.
class TerminalProgress final : public Progress {
 public:
  TerminalProgress(std::string what, int64_t total, int64_t done)
      : what_(std::move(what)), total_(total), first_(done) {}
  ~TerminalProgress() override {
    if (open_) std::fprintf(stderr, "\n");
  }

  void show(int64_t done, const std::string& detail, int64_t every) override {
    const auto now = Clock::now();
    const bool end = done == total_;
    const bool due = end || (terminal_ ? now - last_ >= std::chrono::milliseconds(200) : done % every == 0);
    if (!due || (!terminal_ && done == shown_)) return;
    last_ = now, shown_ = done;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const double rate = seconds > 0 ? double(done - first_) / seconds : 0;
    const double left = rate > 0 ? double(total_ - done) / rate : 0;
    std::fprintf(stderr, "%s%s %lld/%lld  %.2f/s  %lld:%02lld left  %s%s", terminal_ ? "\r" : "",
                 one_line(what_).c_str(), static_cast<long long>(done), static_cast<long long>(total_), rate,
                 static_cast<long long>(left) / 60, static_cast<long long>(left) % 60, one_line(detail).c_str(),
                 terminal_ ? "\x1b[K" : "\n");
    open_ = terminal_;
  }

 private:
  std::string what_;
  int64_t total_, first_, shown_ = -1;
  bool terminal_ = ::isatty(STDERR_FILENO) != 0, open_ = false;
  Clock::time_point start_ = Clock::now(), last_ = start_;
};

}  // namespace

std::unique_ptr<Progress> TerminalListener::progress(const std::string& what, int64_t total, int64_t done) {
  return std::make_unique<TerminalProgress>(what, total, done);
}

void TerminalListener::say(const std::string& sentence) { std::cerr << with_flags(sentence) << "\n"; }

bool TerminalListener::stops() { return interrupted(); }

void TerminalListener::stoppable(bool now) { now ? listen_for_interrupts() : end_at_once_on_interrupts(); }

int resumable(const std::string& stopped, const std::function<bool()>& work) {
  try {
    return work() ? 0 : 1;
  } catch (const Interrupted&) {
    std::cerr << stopped << "; the same command goes on from there\n";
    return 1;
  }
}

}  // namespace mds
