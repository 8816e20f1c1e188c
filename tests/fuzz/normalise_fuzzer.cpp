// Any text, as a section of any category and layout, gives records whose positions lie inside it.
#include <algorithm>
#include <cstdlib>

#include "consumers/normaliser.hpp"
#include "producers/documents/decode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace ytterby;
  if (size < 2) return 0;
  const auto decoded = DecodeDocument({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (!decoded) return 0;
  Section section;
  section.issue = {"ionic-rare-earth-bulletin", "2024-01"};
  section.text = decoded->text;
  section.layout = MeasureLayout(section.text, SplitLines(section.text));
  const std::size_t title = std::min(section.text.find('\n'), section.text.size());
  section.title = section.text.substr(0, std::min<std::size_t>(title, 200));
  section.title_span = {0, static_cast<std::uint32_t>(title)};
  section.body_span = {static_cast<std::uint32_t>(title), static_cast<std::uint32_t>(section.text.size())};
  section.category = static_cast<Category>(data[0] % kCategoryCount);
  for (const Normaliser& normaliser : Normalisers()) {
    for (const Record& record : normaliser.normalise(section)) {
      if (record.first_span > section.text.size() || record.body.empty()) std::abort();
    }
  }
  return 0;
}
