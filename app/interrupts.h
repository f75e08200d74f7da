// Ctrl-C and SIGTERM: the first one asks to end at the next safe moment, a second one ends the process at once.
#pragma once

namespace mds {

void listen_for_interrupts();
void end_at_once_on_interrupts();  // the default behaviour of a process
bool interrupted();

}  // namespace mds
