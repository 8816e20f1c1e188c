// The consumers of one process, each on its own thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

#include "common/lease.hpp"
#include "consumers/consumer.hpp"
#include "consumers/stores/store.hpp"

namespace ytterby {

class ConsumerPool {
 public:
  // `leases`: for the embedded log, where a group has one member, the data folder in which each consumer holds its
  // group's lease. nullopt: no leases.
  ConsumerPool(RecordLog& log, Store& store, ConsumerEvents& events, std::optional<std::filesystem::path> leases,
               ConsumerOptions options = {});
  ~ConsumerPool();
  // Starts one consumer. kTryLater when another process holds its lease.
  Result<void> Start(const Normaliser& normaliser);
  // Starts every consumer that runs neither here nor, according to its lease, in another process. Takes over the
  // consumers of a process that has ended. Checks at most once a second.
  Result<void> StartAllFree();
  void Stop();
  // The first error that ended a consumer.
  std::optional<Error> error() const;

 private:
  RecordLog& log_;
  Store& store_;
  ConsumerEvents& events_;
  const std::optional<std::filesystem::path> lease_folder_;
  const ConsumerOptions options_;
  mutable std::mutex mutex_;
  std::optional<Error> error_;
  std::vector<Lease> leases_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  std::vector<std::jthread> threads_;
  std::set<std::string_view> started_, waits_for_;
  std::chrono::steady_clock::time_point next_try_{};
};

}  // namespace ytterby
