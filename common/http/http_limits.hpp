// What one client, or all together, may take of an HTTP server.
#pragma once

#include <chrono>
#include <cstddef>

namespace ytterby {

struct HttpLimits {
  std::size_t connections = 256;
  std::size_t pages = 128;  // connections that wait for a page or are being sent one; the others stay free for /livez
  std::size_t head_bytes = 8192;            // of a request line and its headers
  std::chrono::milliseconds request{5000};  // from accepting a connection to the end of its request's head
  std::chrono::milliseconds answer{10000};  // from the answer's first byte to its last
};

}  // namespace ytterby
