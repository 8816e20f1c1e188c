#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "common/log/kafka_admin.hpp"

namespace ytterby {
namespace {

Error AdminError(rd_kafka_resp_err_t error, const char* text, std::string_view doing) {
  const bool retriable = error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__TIMED_OUT ||
                         error == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
  return {retriable ? ErrorKind::kUnavailable : ErrorKind::kConfiguration,
          fmt::format("Kafka: {}: {}", doing, text && *text ? text : rd_kafka_err2str(error))};
}

}  // namespace

Result<KafkaPtr<rd_kafka_event_t>> KafkaAdmin::Wait(rd_kafka_queue_t* queue, const char* doing) const {
  KafkaPtr<rd_kafka_event_t> event(rd_kafka_queue_poll(queue, timeout_ms_ + 1000));
  if (!event) return FailLog(ErrorKind::kUnavailable, fmt::format("Kafka: {}: no answer", doing));
  if (const auto error = rd_kafka_event_error(event.get())) {
    return tl::unexpected<Error>(AdminError(error, rd_kafka_event_error_string(event.get()), doing));
  }
  return event;
}

Result<std::map<std::string, KafkaAdmin::Size>> KafkaAdmin::Sizes() {
  // Requests all topics rather than ours by name: requesting a missing topic by name may create it.
  const rd_kafka_metadata_t* raw = nullptr;
  if (const auto error = rd_kafka_metadata(client_, 1, nullptr, &raw, timeout_ms_)) {
    return FailLog(ErrorKind::kUnavailable, fmt::format("Kafka: metadata: {}", rd_kafka_err2str(error)));
  }
  const KafkaPtr<const rd_kafka_metadata_t> metadata(raw);
  std::map<std::string, Size> sizes;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    if (topic.err) continue;
    sizes[topic.topic] = {topic.partition_cnt, topic.partition_cnt > 0 ? topic.partitions[0].replica_cnt : 0};
  }
  return sizes;
}

Result<std::map<std::string, TopicState>> KafkaAdmin::Describe(const std::vector<std::string>& names) {
  YT_ASSIGN(sizes, Sizes());
  std::map<std::string, TopicState> states;
  std::vector<KafkaPtr<rd_kafka_ConfigResource_t>> resources;
  std::vector<rd_kafka_ConfigResource_t*> raw;
  for (const std::string& name : names) {
    TopicState& state = states[name];
    const auto found = sizes.find(name);
    if (found == sizes.end()) continue;
    state.exists = true;
    state.partitions = found->second.partitions;
    state.replication = found->second.replication;
    resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
    raw.push_back(resources.back().get());
  }
  if (raw.empty()) return states;
  const KafkaPtr<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_));
  const KafkaPtr<rd_kafka_AdminOptions_t> options(
      rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms_, nullptr, 0);
  rd_kafka_DescribeConfigs(client_, raw.data(), raw.size(), options.get(), queue.get());
  YT_ASSIGN(event, Wait(queue.get(), "describe topics"));
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** described =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    TopicState& state = states[rd_kafka_ConfigResource_name(described[i])];
    const auto error = rd_kafka_ConfigResource_error(described[i]);
    // Another broker than the one that listed the topic answers, and does not know a new topic yet.
    if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      state = {};
      continue;
    }
    if (error) {
      return tl::unexpected<Error>(
          AdminError(error, rd_kafka_ConfigResource_error_string(described[i]), "describe topics"));
    }
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** entry = rd_kafka_ConfigResource_configs(described[i], &entries);
    for (std::size_t k = 0; k < entries; ++k) {
      const char* value = rd_kafka_ConfigEntry_value(entry[k]);
      if (!value) continue;
      const char* name = rd_kafka_ConfigEntry_name(entry[k]);
      state.settings[name] = value;
      if (rd_kafka_ConfigEntry_source(entry[k]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG)
        state.explicit_settings[name] = value;
    }
  }
  return states;
}

Result<void> KafkaAdmin::Apply(std::vector<TopicSpec> specs) {
  std::vector<std::string> names;
  for (const TopicSpec& spec : specs) names.push_back(spec.name);
  YT_ASSIGN(states, Describe(names));
  for (TopicSpec& spec : specs) {
    if (spec.keeps_partitions && states[spec.name].exists) spec.partitions = states[spec.name].partitions;
    if (states[spec.name].partitions > spec.partitions) {
      return FailLog(ErrorKind::kConfiguration, fmt::format("topic {} has {} partitions and cannot shrink to {}",
                                                            spec.name, states[spec.name].partitions, spec.partitions));
    }
  }
  std::vector<const TopicSpec*> missing;
  std::vector<TopicSpec> changed;  // each with all its explicit settings
  for (const TopicSpec& spec : specs) {
    const TopicState& state = states[spec.name];
    if (!state.exists) {
      missing.push_back(&spec);
      changed.push_back(spec);
      continue;
    }
    TopicSpec whole = spec;
    whole.settings.insert(state.explicit_settings.begin(), state.explicit_settings.end());
    const bool other = std::any_of(spec.settings.begin(), spec.settings.end(), [&](const auto& setting) {
      const auto effective = state.settings.find(setting.first);
      return effective == state.settings.end() || effective->second != setting.second;
    });
    if (state.partitions < spec.partitions) YT_CHECK(AddPartitions(spec.name, spec.partitions));
    if (other) YT_CHECK(WriteSettings(spec.name, whole.settings));
    if (other || state.partitions < spec.partitions) changed.push_back(std::move(whole));
  }
  if (!missing.empty()) YT_CHECK(Create(missing));
  return changed.empty() ? Result<void>() : AwaitApplied(changed);
}

Result<void> KafkaAdmin::Create(const std::vector<const TopicSpec*>& specs) {
  char message[256];
  std::vector<KafkaPtr<rd_kafka_NewTopic_t>> topics;
  std::vector<rd_kafka_NewTopic_t*> raw;
  for (const TopicSpec* spec : specs) {
    topics.emplace_back(
        rd_kafka_NewTopic_new(spec->name.c_str(), spec->partitions, spec->replication, message, sizeof message));
    if (!topics.back()) return FailLog(ErrorKind::kConfiguration, fmt::format("topic {}: {}", spec->name, message));
    for (const auto& [name, value] : spec->settings)
      rd_kafka_NewTopic_set_config(topics.back().get(), name.c_str(), value.c_str());
    raw.push_back(topics.back().get());
  }
  const KafkaPtr<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_));
  const KafkaPtr<rd_kafka_AdminOptions_t> options(rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms_, nullptr, 0);
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms_, nullptr, 0);
  rd_kafka_CreateTopics(client_, raw.data(), raw.size(), options.get(), queue.get());
  YT_ASSIGN(event, Wait(queue.get(), "create topics"));
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    if (error && error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      return tl::unexpected<Error>(AdminError(error, rd_kafka_topic_result_error_string(results[i]),
                                              fmt::format("create topic {}", rd_kafka_topic_result_name(results[i]))));
    }
  }
  return {};
}

Result<void> KafkaAdmin::AddPartitions(const std::string& topic, int total) {
  char message[256];
  const KafkaPtr<rd_kafka_NewPartitions_t> partitions(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(total), message, sizeof message));
  if (!partitions) return FailLog(ErrorKind::kConfiguration, fmt::format("topic {}: {}", topic, message));
  const KafkaPtr<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_));
  const KafkaPtr<rd_kafka_AdminOptions_t> options(
      rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS));
  rd_kafka_NewPartitions_t* raw = partitions.get();
  rd_kafka_CreatePartitions(client_, &raw, 1, options.get(), queue.get());
  YT_ASSIGN(event, Wait(queue.get(), "add partitions"));
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto error = rd_kafka_topic_result_error(results[i])) {
      return tl::unexpected<Error>(
          AdminError(error, rd_kafka_topic_result_error_string(results[i]), "add partitions to " + topic));
    }
  }
  return {};
}

Result<void> KafkaAdmin::AwaitApplied(const std::vector<TopicSpec>& specs) {
  std::vector<std::string> names;
  for (const TopicSpec& spec : specs) names.push_back(spec.name);
  const std::chrono::milliseconds limit(std::min(timeout_ms_, 10'000));
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    YT_ASSIGN(states, Describe(names));
    std::string missing;
    for (const TopicSpec& spec : specs) {
      TopicState& state = states[spec.name];
      if (!state.exists) missing = fmt::format("{} does not exist", spec.name);
      if (state.exists && state.partitions < spec.partitions)
        missing = fmt::format("{} has {} partitions", spec.name, state.partitions);
      for (const auto& [name, value] : spec.settings) {
        if (missing.empty() && state.settings[name] != value) {
          missing = fmt::format("{} of {} reads {}, not {}", name, spec.name, state.settings[name], value);
        }
      }
    }
    if (missing.empty()) return {};
    if (std::chrono::steady_clock::now() >= deadline) {
      return FailLog(ErrorKind::kConfiguration,
                     fmt::format("the broker accepted the change, but {} ms later {}", limit.count(), missing));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Result<void> KafkaAdmin::WriteSettings(const std::string& topic, const std::map<std::string, std::string>& settings) {
  const KafkaPtr<rd_kafka_ConfigResource_t> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  for (const auto& [name, value] : settings)
    rd_kafka_ConfigResource_set_config(resource.get(), name.c_str(), value.c_str());
  const KafkaPtr<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_));
  const KafkaPtr<rd_kafka_AdminOptions_t> options(rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_ALTERCONFIGS));
  rd_kafka_ConfigResource_t* raw = resource.get();
  rd_kafka_AlterConfigs(client_, &raw, 1, options.get(), queue.get());
  YT_ASSIGN(event, Wait(queue.get(), "alter topic"));
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** results =
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto error = rd_kafka_ConfigResource_error(results[i])) {
      return tl::unexpected<Error>(
          AdminError(error, rd_kafka_ConfigResource_error_string(results[i]), "alter topic " + topic));
    }
  }
  return {};
}

}  // namespace ytterby
