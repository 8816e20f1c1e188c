#include "producers/documents/published_offsets.hpp"

#include <fmt/format.h>

#include <charconv>

namespace ytterby {
namespace {

template <class Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0;
}

}  // namespace

std::string EncodeOffsets(const PublishedOffsets& offsets) {
  std::string text;
  for (const auto& [at, offset] : offsets) text += fmt::format("{}/{}={}\n", at.topic, at.partition, offset);
  return text;
}

Result<PublishedOffsets> DecodeOffsets(std::string_view text) {
  PublishedOffsets offsets;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t equals = line.rfind('=');
    const std::size_t slash = line.substr(0, equals).rfind('/');
    TopicPartition at;
    Offset offset = 0;
    if (end == std::string_view::npos || equals == std::string_view::npos || slash == std::string_view::npos ||
        slash == 0 || !ReadNumber(line.substr(slash + 1, equals - slash - 1), at.partition) ||
        !ReadNumber(line.substr(equals + 1), offset)) {
      return Fail(ErrorKind::kDamaged, "deliveries.db: the offsets of a published delivery cannot be read",
                  Part::kArchive);
    }
    at.topic = line.substr(0, slash);
    offsets[at] = offset;
    text.remove_prefix(end + 1);
  }
  return offsets;
}

}  // namespace ytterby
