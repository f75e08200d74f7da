// Ctrl-C and SIGTERM: the first one asks to end at the next safe moment, a second one ends the process at once.
// SIGUSR1, which a sweep sends to its workers and Slurm to a job whose time is nearly over, only ever asks.
#pragma once

namespace mds {

void listen_for_interrupts();
void end_at_once_on_interrupts();  // the default behaviour of a process
bool interrupted();

}  // namespace mds
