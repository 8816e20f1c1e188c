#include "consumers/views/policy_view.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "consumers/views/current_view.hpp"
#include "schemas/events/event_json.hpp"

namespace ytterby {
namespace {

// A document is identified by its name without a surrounding 关于…的通知 and without brackets at its end.
std::string DocumentKey(std::string_view title) {
  std::string key = FoldLetters(title);
  for (std::string_view front : {"关于印发", "关于发布", "关于公布", "关于下达"}) {
    if (key.starts_with(front)) key = key.substr(front.size());
  }
  for (std::string_view end : {"的通知", "通知", "试行"}) {
    if (key.ends_with(end) && key.size() > end.size() + 12) key = key.substr(0, key.size() - end.size());
  }
  return key;
}

}  // namespace

void KeepFirstStated(RecordKind kind, std::vector<ViewRecord>& records) {
  std::sort(records.begin(), records.end(), [](const ViewRecord& a, const ViewRecord& b) {
    return std::tie(a.stored.ordinal, a.stored.first_span, a.stored.natural_key) <
           std::tie(b.stored.ordinal, b.stored.first_span, b.stored.natural_key);
  });
  struct Kept {
    std::size_t index;
    bool states;
  };
  std::map<std::string, Kept> kept;
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::string key = records[i].stored.natural_key;
    bool states = true;
    if (kind == RecordKind::kPolicy) {
      const simdjson::dom::element body = ThreadParser().parse(records[i].stored.body);
      key = DocumentKey(ReadString(body, "title"));
      const bool issuers = simdjson::dom::array(body["issuers"]).size() > 0;
      states = issuers || !body["issued"].is_null();
    }
    auto [found, fresh] = kept.try_emplace(key, Kept{i, states});
    if (!fresh && !found->second.states && states) found->second = {i, states};
  }
  std::vector<ViewRecord> left;
  for (const auto& [key, one] : kept) left.push_back(std::move(records[one.index]));
  records = std::move(left);
}

}  // namespace ytterby
