#include "common/log/kafka_refusal.hpp"

#include <cstdlib>
#include <string_view>

namespace ytterby {
namespace {

// True if the reason is a TLS alert from the broker (RFC 8446, 6.2) about certificates, keys or versions, not about its
// own state.
bool IsRefusingAlert(std::string_view reason) {
  constexpr std::string_view kMark = "SSL alert number ";
  const std::size_t at = reason.find(kMark);
  if (at == std::string_view::npos) return false;
  const int number = std::atoi(std::string(reason.substr(at + kMark.size(), 3)).c_str());
  constexpr int kHandshakeFailure = 40, kAccessDenied = 49, kProtocolVersion = 70, kInsufficientSecurity = 71,
                kCertificateRequired = 116;
  return (number >= kHandshakeFailure && number <= kAccessDenied) || number == kProtocolVersion ||
         number == kInsufficientSecurity || number == kCertificateRequired;
}

}  // namespace

void KafkaRefusal::Set(const char* reason) {
  std::lock_guard lock(mutex_);
  if (reason_.empty()) since_ = std::chrono::steady_clock::now();
  reason_ = reason;
}

std::chrono::steady_clock::duration KafkaRefusal::Age() const {
  std::lock_guard lock(mutex_);
  return std::chrono::steady_clock::now() - since_;
}

std::string KafkaRefusal::reason() const {
  std::lock_guard lock(mutex_);
  return reason_;
}

void OnKafkaError(rd_kafka_t*, int error, const char* reason, void* opaque) {
  const bool refused =
      error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR__SSL || IsRefusingAlert(reason);
  if (refused) static_cast<KafkaRefusal*>(opaque)->Set(reason);
}

}  // namespace ytterby
