#include "spec/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <system_error>

namespace mds {
namespace {

// Below the ports that Linux gives to connections that programs open, as one of these would otherwise take it.
constexpr int lowest = 20000, highest = 32767, most_tries = 1000;

// 0, or the error.
int error_of_binding(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(uint16_t(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int error = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  ::close(socket);
  return error;
}

}  // namespace

int free_port() {
  std::random_device random;
  std::uniform_int_distribution<int> ports(lowest, highest);
  int error = 0;
  for (int i = 0; i < most_tries; ++i) {
    const int port = ports(random);
    error = error_of_binding(port);
    if (error == 0) return port;
    if (error != EADDRINUSE) break;
  }
  throw std::system_error(error, std::generic_category(), "a free port");
}

}  // namespace mds
