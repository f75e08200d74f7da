// Ctrl-C and SIGTERM: the first one asks to end at the next safe moment, a second one ends the process at once.
#pragma once

#include <stdexcept>

namespace mds {

struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("was interrupted") {}
};

void listen_for_interrupts();
void end_at_once_on_interrupts();  // the default behaviour of a process
bool interrupted();
void throw_if_interrupted();  // Interrupted

}  // namespace mds
