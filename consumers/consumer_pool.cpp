#include "consumers/consumer_pool.hpp"

#include <spdlog/spdlog.h>

namespace ytterby {

ConsumerPool::ConsumerPool(RecordLog& log, Store& store, ConsumerEvents& events,
                           std::optional<std::filesystem::path> leases, ConsumerOptions options)
    : log_(log), store_(store), events_(events), lease_folder_(std::move(leases)), options_(options) {}

ConsumerPool::~ConsumerPool() { Stop(); }

Result<void> ConsumerPool::Start(const Normaliser& normaliser) {
  auto consumer = std::make_unique<Consumer>(normaliser, log_, store_.Id(), store_.writer(), store_.letters(), events_,
                                             SystemClock(), options_);
  if (lease_folder_) {
    YT_ASSIGN(lease, Lease::Acquire(*lease_folder_, "group." + consumer->group()));
    leases_.push_back(std::move(lease));
  }
  Consumer* loop = consumer.get();
  consumers_.push_back(std::move(consumer));
  threads_.emplace_back([this, loop](std::stop_token stop) {
    auto result = loop->Run(std::move(stop));
    if (result) return;
    std::lock_guard lock(mutex_);
    if (!error_) error_ = result.error();
  });
  started_.insert(normaliser.consumer);
  return {};
}

Result<void> ConsumerPool::StartAllFree() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_try_) return {};
  next_try_ = now + std::chrono::seconds(1);
  for (const Normaliser& normaliser : Normalisers()) {
    if (started_.contains(normaliser.consumer)) continue;
    const auto started = Start(normaliser);
    if (started) continue;
    if (started.error().kind != ErrorKind::kTryLater) return started;
    if (waits_for_.insert(normaliser.consumer).second) {
      spdlog::info("{}: another process stores these; waiting for it", normaliser.consumer);
    }
  }
  return {};
}

void ConsumerPool::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  leases_.clear();
}

std::optional<Error> ConsumerPool::error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

}  // namespace ytterby
