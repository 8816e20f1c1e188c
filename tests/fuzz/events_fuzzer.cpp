// Any bytes as a message are either decoded or refused; what is decoded is the same after another round. The input is
// the message's value; after a zero byte, its key and headers as the embedded log stores them.
#include <cstdlib>
#include <string_view>

#include "common/log/headers.hpp"
#include "schemas/events/manifest.hpp"
#include "schemas/events/ownership.hpp"
#include "schemas/events/record_event.hpp"
#include "schemas/events/section.hpp"
#include "tests/support/logged.hpp"

namespace {

using namespace ytterby;
using testing::Logged;

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  LogRecord record;
  const std::size_t end = input.find('\0');
  record.value = input.substr(0, end);
  record.key = Sha256("x").Hex().substr(0, 32);
  record.headers = {{"ce_id", Sha256("x").Hex()}, {"ce_subject", "s/2024-01"}, {"ce_sequence", "7"}};
  if (end != std::string_view::npos) {
    const std::string_view rest = input.substr(end + 1);
    const std::size_t key = std::min(rest.find('\0'), rest.size());
    record.key = rest.substr(0, key);
    record.headers = DecodeHeaders(rest.substr(std::min(key + 1, rest.size())));
  }
  if (const auto section = DecodeSection(record)) {
    const auto again = DecodeSection(Logged(EncodeSection(*section, "/feeds/x", "2024-01-01T00:00:00.000Z")));
    Require(again && again->text == section->text && again->title == section->title);
  }
  if (const auto manifest = DecodeManifest(record)) {
    const auto again = DecodeManifest(Logged(EncodeManifest(*manifest)));
    Require(again && again->name == manifest->name && again->issues.size() == manifest->issues.size());
  }
  if (const auto owner = DecodeOwnership(record)) {
    const auto again = DecodeOwnership(Logged(EncodeOwnership(*owner)));
    Require(again && again->store == owner->store);
  }
  for (const RecordKind kind : PublishedKinds()) {
    record.at = {RecordTopic(kind), 0};
    if (const auto event = DecodeRecordEvent(record)) {
      const auto again = DecodeRecordEvent(Logged(EncodeRecordEvent(*event, "2024-01-01T00:00:00.000Z")));
      Require(again && again->id == event->id && again->sequence == event->sequence);
    }
  }
  return 0;
}
