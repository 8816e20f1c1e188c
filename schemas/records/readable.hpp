// Whether a stored record can be taken apart by its readers, for rows that no checksum vouches for.
#pragma once

#include <string_view>

#include "schemas/records/record.hpp"

namespace ytterby {

// `body` is one JSON object with the kind's fields, and `provenance` the members `"spans":{…},"rules":{…}`, as a Record
// has them.
bool IsReadable(RecordKind kind, std::string_view body, std::string_view provenance);

}  // namespace ytterby
