// Why a broker refuses this client, as far as the broker said: its password, its certificate.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <mutex>
#include <string>

namespace ytterby {

// Thread-safe.
class KafkaRefusal {
 public:
  void Set(const char* reason);
  std::string reason() const;                       // the latest; empty: none
  std::chrono::steady_clock::duration Age() const;  // since the first

 private:
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point since_;
  std::string reason_;
};

// The error callback of a handle whose opaque is its KafkaRefusal. A broker that refuses us says so once per
// connection; a process that waits for it at start need not wait any longer. With TLS 1.3, a missing or rejected client
// certificate is reported only after the handshake, by an alert that librdkafka takes for a lost connection.
void OnKafkaError(rd_kafka_t*, int error, const char* reason, void* opaque);

}  // namespace ytterby
