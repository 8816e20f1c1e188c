// From a feed's configuration to the adapter that watches it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/config.hpp"
#include "producers/feeds/feed.hpp"

namespace ytterby {

// `known`: the stamps of the documents already delivered, by name. kNoInput: the place does not exist.
using FeedOpener = std::function<Result<std::unique_ptr<Feed>>(const FeedConfig& feed, const LimitsConfig& limits,
                                                               std::map<std::string, std::string> known)>;

Result<std::unique_ptr<Feed>> OpenFeed(const FeedConfig& feed, const LimitsConfig& limits,
                                       std::map<std::string, std::string> known);

// kConfiguration when a feed's place does not exist, or holds the data folder. For checking before anything is created.
Result<void> CheckFeed(const FeedConfig& feed, const std::filesystem::path& data_dir);

}  // namespace ytterby
