// Any bytes where a store or an archive keeps text of ours: readers take them apart or refuse them. The first byte says
// which reader; the rest is what it reads.
#include <string>
#include <string_view>

#include "common/log/headers.hpp"
#include "consumers/stores/relay_notes.hpp"
#include "consumers/stores/stored_checksums.hpp"
#include "consumers/views/current_view.hpp"
#include "producers/documents/published_offsets.hpp"
#include "schemas/records/provenance_json.hpp"
#include "schemas/records/shapes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace ytterby;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const RecordKind kind = AllRecordKinds()[data[0] / 8 % AllRecordKinds().size()];
  switch (data[0] % 5) {
    case 0:
      (void)DecodeHeaders(text);
      break;
    case 1:
      (void)DecodeNoted(text);
      break;
    case 2:
      (void)DecodeOffsets(text);
      break;
    case 3:
      (void)BodyAsExported(kind, text);
      break;
    case 4: {
      // A record without a checksum: body and provenance, with a zero byte between them.
      StoredRecord record;
      record.kind = kind;
      const std::size_t end = std::min(text.find('\0'), text.size());
      record.body = text.substr(0, end);
      record.provenance = text.substr(std::min(end + 1, text.size()));
      if (!IsIntact(-1, record, "market")) break;
      for (const FieldSpans& field : ReadSpans(record.provenance)) (void)ReadSpansOf(record.provenance, field.field);
      (void)ReadRules(WithRule(record.provenance, "title", "rule"));
      ViewRecord shown;
      shown.stored = record;
      (void)ExportLine(shown, false);
      break;
    }
  }
  return 0;
}
