// A port of this host's own address that nobody listens on.
#pragma once

namespace mds {

// std::system_error where there is none. Another program may take it before the caller does.
int free_port();

}  // namespace mds
