#include "app/interrupts.h"

#include <csignal>

namespace mds {
namespace {

volatile std::sig_atomic_t asked = 0;

void remember(int signal) {
  asked = 1;
  std::signal(signal, SIG_DFL);
}

void on_both(void (*handler)(int)) {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, handler);
}

}  // namespace

void listen_for_interrupts() { on_both(remember); }
void end_at_once_on_interrupts() { on_both(SIG_DFL); }
bool interrupted() { return asked != 0; }

}  // namespace mds
