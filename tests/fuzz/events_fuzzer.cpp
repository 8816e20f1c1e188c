// Any bytes as an event's value are either decoded or refused.
#include "schemas/events/manifest.hpp"
#include "schemas/events/section.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace ytterby;
  LogRecord record;
  record.value.assign(reinterpret_cast<const char*>(data), size);
  record.headers = {{"ce_id", Sha256("x").Hex()}};
  (void)DecodeSection(record);
  (void)DecodeManifest(record);
  return 0;
}
