#include "app/interrupts.h"

#include <csignal>

#include "experiments/subprocess.h"

namespace mds {
namespace {

volatile std::sig_atomic_t asked = 0;

void remember(int) { asked = 1; }

void remember_once(int signal) {
  asked = 1;
  std::signal(signal, SIG_DFL);
}

void on_both(void (*handler)(int)) {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, handler);
}

}  // namespace

void listen_for_interrupts() {
  on_both(remember_once);
  std::signal(stop_signal(), remember);
}

// Who was asked to stop may be asked again while it ends.
void end_at_once_on_interrupts() {
  on_both(SIG_DFL);
  if (!interrupted()) std::signal(stop_signal(), SIG_DFL);
}

bool interrupted() { return asked != 0; }

}  // namespace mds
