#include "common/log/topic_check.hpp"

#include <fmt/format.h>

namespace ytterby {

const std::map<std::string, std::string>& KeepForeverSettings() {
  static const std::map<std::string, std::string> settings = {{"cleanup.policy", "delete"},
                                                              {"retention.ms", "-1"},
                                                              {"retention.bytes", "-1"},
                                                              {"message.timestamp.type", "LogAppendTime"}};
  return settings;
}

const std::map<std::string, std::string>& KeepLatestSettings() {
  static const std::map<std::string, std::string> settings = {{"cleanup.policy", "compact"},
                                                              {"message.timestamp.type", "LogAppendTime"}};
  return settings;
}

Result<std::vector<TopicChange>> PlanTopics(RecordLog& log, const std::vector<TopicSpec>& specs) {
  std::vector<std::string> names;
  for (const TopicSpec& spec : specs) names.push_back(spec.name);
  YT_ASSIGN(states, log.DescribeTopics(names));
  std::vector<TopicChange> plan;
  for (const TopicSpec& spec : specs) {
    const TopicState& state = states[spec.name];
    TopicChange change{spec, {}, false, 0, 0};
    if (!state.exists) {
      change.changes.push_back(
          fmt::format("create with {} partitions, replication {}", spec.partitions, spec.replication));
    } else {
      if (spec.keeps_partitions) {
        if (state.partitions != spec.partitions) change.kept_partitions = state.partitions;
      } else if (state.partitions < spec.partitions) {
        change.changes.push_back(fmt::format("partitions {} -> {}", state.partitions, spec.partitions));
      } else if (state.partitions > spec.partitions) {
        change.changes.push_back(
            fmt::format("partitions {} -> {} (impossible: a topic cannot shrink)", state.partitions, spec.partitions));
        change.impossible = true;
      }
      if (state.replication > 0 && state.replication != spec.replication) change.replication = state.replication;
      for (const auto& [name, value] : spec.settings) {
        const auto found = state.settings.find(name);
        const std::string now = found == state.settings.end() ? "" : found->second;
        if (now != value)
          change.changes.push_back(fmt::format("{} {} -> {}", name, now.empty() ? "(unset)" : now, value));
      }
    }
    plan.push_back(std::move(change));
  }
  return plan;
}

Result<void> CheckTopics(RecordLog& log, const std::vector<TopicSpec>& specs, const std::vector<std::string>& equal) {
  std::vector<std::string> names;
  for (const TopicSpec& spec : specs) names.push_back(spec.name);
  YT_ASSIGN(states, log.DescribeTopics(names));
  for (const TopicSpec& spec : specs) {
    const TopicState& state = states[spec.name];
    if (!state.exists)
      return FailLog(
          ErrorKind::kConfiguration,
          fmt::format("topic {} does not exist, or this user may not see it; run `ytterby topics apply`", spec.name));
    const auto policy = spec.settings.find("cleanup.policy");
    const bool latest = policy != spec.settings.end() && policy->second == "compact";
    for (const auto& [setting, value] : latest ? KeepLatestSettings() : KeepForeverSettings()) {
      const auto found = state.settings.find(setting);
      if (found != state.settings.end() && found->second == value) continue;
      return FailLog(ErrorKind::kConfiguration,
                     fmt::format("topic {} {}: {} is {}, not {}; run `ytterby topics apply`", spec.name,
                                 latest ? "is not compacted" : "may lose records", setting,
                                 found == state.settings.end() ? "unset" : found->second, value));
    }
  }
  for (const std::string& name : equal) {
    if (states[name].partitions == states[equal.front()].partitions) continue;
    return FailLog(
        ErrorKind::kConfiguration,
        fmt::format("topics {} and {} have different partition counts ({} and {}); run `ytterby topics apply`",
                    equal.front(), name, states[equal.front()].partitions, states[name].partitions));
  }
  return {};
}

}  // namespace ytterby
