// The rows that say on which machine, by which program and in which state a number was measured.
#pragma once

#include <string>

#include "search/store/machines.h"
#include "search/store/store.h"

namespace mds {

// record_device: this machine with its CPU (kind "cpu") or its GPUs ("cuda"), whichever the number comes from.
// record_env: this program and how it was built. They return ids of the store's rows.
int64_t record_device(Database& database, const std::string& kind);
int64_t record_env(Database& database);

EnvRow this_env();
Json build_of(const EnvRow& env);  // the fields that say which build of the program it is
std::string worker_name();  // "host:process"

}  // namespace mds
