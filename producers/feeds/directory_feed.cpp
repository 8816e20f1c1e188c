#include "producers/feeds/directory_feed.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "producers/feeds/files.hpp"

namespace ytterby {
namespace {

constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_MODIFY | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR;

}  // namespace

Result<std::unique_ptr<DirectoryFeed>> DirectoryFeed::Open(DirectoryFeedOptions options,
                                                           std::map<std::string, std::string> known) {
  std::error_code ec;
  if (!std::filesystem::is_directory(options.folder, ec)) {
    return Fail(ErrorKind::kNoInput, fmt::format("feed {}: {}: no such folder", options.name, options.folder.string()));
  }
  const int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify < 0) return Fail(ErrorKind::kIo, fmt::format("feed {}: inotify: {}", options.name, std::strerror(errno)));
  return std::unique_ptr<DirectoryFeed>(new DirectoryFeed(std::move(options), std::move(known), inotify));
}

DirectoryFeed::DirectoryFeed(DirectoryFeedOptions options, std::map<std::string, std::string> known, int inotify)
    : options_(std::move(options)), confirmed_(std::move(known)), inotify_(inotify) {
  Watch(options_.folder);
}

DirectoryFeed::~DirectoryFeed() { close(inotify_); }

void DirectoryFeed::Watch(const std::filesystem::path& folder) {
  const int watch = inotify_add_watch(inotify_, folder.c_str(), kEvents);
  if (watch >= 0) watches_[watch] = folder;
  if (folder == options_.folder) watching_ = watch >= 0;
  if (watch < 0 && errno == ENOSPC) {
    spdlog::warn(
        "feed {}: {}: no inotify watch left (fs.inotify.max_user_watches); changes are found only by the full scan "
        "every {} s",
        options_.name, folder.string(), std::chrono::duration_cast<std::chrono::seconds>(options_.rescan).count());
  }
  std::error_code ec;
  std::filesystem::directory_iterator it(folder, std::filesystem::directory_options::skip_permission_denied, ec), end;
  while (!ec && it != end) {
    std::error_code type_error;
    if (it->is_directory(type_error) && !IsPassedOver(it->path().filename().string())) {
      if (it->is_symlink(type_error)) {
        spdlog::warn("feed {}: {} is a symbolic link to a folder and is not entered; make its target a separate feed",
                     options_.name, it->path().string());
      } else {
        Watch(it->path());
      }
    }
    it.increment(ec);
  }
}

Result<void> DirectoryFeed::Scan() {
  const Listing listing = ListFiles(options_.folder);
  if (!listing.failed.empty()) return Fail(ErrorKind::kTryLater, listing.failed);
  last_scan_ = std::chrono::steady_clock::now();
  for (const std::string& name : listing.files) Consider(name, false);
  for (const std::string& name : listing.unreadable) Consider(name, true);
  return {};
}

void DirectoryFeed::Consider(const std::string& name, bool complete, bool written) {
  const std::string stamp = FileStamp(options_.folder / name);
  if (stamp.empty()) {
    candidates_.erase(name);
    return;
  }
  const auto known = confirmed_.find(NameOf(name));
  if (known != confirmed_.end() && known->second == stamp) return;
  const auto handed = handed_out_.find(NameOf(name));
  if (handed != handed_out_.end() && handed->second == stamp) return;
  Candidate& candidate = candidates_[name];
  if (candidate.stamp != stamp) {
    candidate.stamp = stamp;
    candidate.since = std::chrono::steady_clock::now();
    candidate.complete = false;
    candidate.written = candidate.written || written;
  }
  candidate.complete = candidate.complete || complete;
}

void DirectoryFeed::ReadEvents() {
  alignas(inotify_event) char buffer[16384];
  while (true) {
    const ssize_t n = read(inotify_, buffer, sizeof buffer);
    if (n <= 0) return;
    for (ssize_t at = 0; at < n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if (event->mask & IN_Q_OVERFLOW) {
        last_scan_ = {};
        continue;
      }
      const auto watch = watches_.find(event->wd);
      if (watch != watches_.end() && (event->mask & IN_IGNORED)) {
        if (watch->second == options_.folder) watching_ = false;
        watches_.erase(watch);
        continue;
      }
      if (watch == watches_.end() || event->len == 0 || IsPassedOver(event->name)) continue;
      const std::filesystem::path path = watch->second / event->name;
      if (event->mask & (IN_DELETE | IN_MOVED_FROM)) {
        vanished_.push_back(NameOf(path.lexically_relative(options_.folder).generic_string()));
      } else if (event->mask & IN_ISDIR) {
        Watch(path);
        const Listing listing = ListFiles(path);
        if (!listing.failed.empty()) last_scan_ = {};
        const auto below = [&](const std::string& name) {
          return (name == "." ? path : path / name).lexically_relative(options_.folder).generic_string();
        };
        for (const std::string& name : listing.files) Consider(below(name), (event->mask & IN_MOVED_TO) != 0);
        for (const std::string& name : listing.unreadable) Consider(below(name), true);
      } else {
        const std::string name = path.lexically_relative(options_.folder).generic_string();
        Consider(name, (event->mask & IN_MOVED_TO) != 0, (event->mask & (IN_MODIFY | IN_CREATE)) != 0);
        if (event->mask & IN_CLOSE_WRITE) {
          if (const auto candidate = candidates_.find(name); candidate != candidates_.end())
            candidate->second.written = false;
        }
      }
    }
  }
}

std::chrono::milliseconds DirectoryFeed::SettleTimeOf(const Candidate& candidate) const {
  return candidate.written ? std::max(options_.held_open, options_.settle) : options_.settle;
}

bool DirectoryFeed::Has(const std::string& name) const {
  std::error_code ec;
  return std::filesystem::exists(options_.folder / PathOfName(name), ec) ||
         std::filesystem::exists(options_.folder / name, ec);
}

std::vector<FeedDocument> DirectoryFeed::TakeComplete() {
  std::vector<FeedDocument> documents;
  const auto now = std::chrono::steady_clock::now();
  for (auto it = candidates_.begin(); it != candidates_.end();) {
    Candidate& candidate = it->second;
    if (!candidate.complete && now - candidate.since < SettleTimeOf(candidate)) {
      ++it;
      continue;
    }
    const std::string stamp = FileStamp(options_.folder / it->first);
    if (stamp.empty()) {
      it = candidates_.erase(it);
      continue;
    }
    if (stamp != candidate.stamp) {  // still growing
      candidate = {stamp, now, false, candidate.written};
      ++it;
      continue;
    }
    documents.push_back({NameOf(it->first), it->first, stamp});
    handed_out_[NameOf(it->first)] = stamp;
    it = candidates_.erase(it);
  }
  return documents;
}

std::chrono::milliseconds DirectoryFeed::UntilNextCheck() const {
  const auto now = std::chrono::steady_clock::now();
  auto next = last_scan_ + options_.rescan;
  for (const auto& [name, candidate] : candidates_) next = std::min(next, candidate.since + SettleTimeOf(candidate));
  return std::max(std::chrono::milliseconds(1),
                  std::chrono::duration_cast<std::chrono::milliseconds>(next - now) + std::chrono::milliseconds(1));
}

// Another folder under the path, for example a mounted one, is watched and scanned like a new one.
Result<void> DirectoryFeed::CheckFolder() {
  struct stat info {};
  const bool is_folder = stat(options_.folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  const bool readable = is_folder && access(options_.folder.c_str(), R_OK | X_OK) == 0;
  if (!readable) {
    const std::string reason = errno == ENOENT ? "the folder is gone"
                               : is_folder     ? std::strerror(errno)
                                               : "not a folder that can be read";
    watching_ = false;
    return Fail(ErrorKind::kIo, fmt::format("{}: {}", options_.folder.string(), reason));
  }
  const std::pair<std::uint64_t, std::uint64_t> identity{info.st_dev, info.st_ino};
  if (watching_ && identity == identity_) return {};
  for (const auto& [watch, folder] : watches_) inotify_rm_watch(inotify_, watch);
  watches_.clear();
  identity_ = identity;
  Watch(options_.folder);
  last_scan_ = {};
  return {};
}

Result<std::vector<FeedDocument>> DirectoryFeed::Poll(std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (true) {
    ReadEvents();
    YT_CHECK(CheckFolder());
    if (std::chrono::steady_clock::now() - last_scan_ >= options_.rescan ||
        last_scan_.time_since_epoch().count() == 0) {
      YT_CHECK(Scan());
    }
    std::vector<FeedDocument> documents = TakeComplete();
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (!documents.empty() || left.count() <= 0) return documents;
    pollfd fd{inotify_, POLLIN, 0};
    poll(&fd, 1, static_cast<int>(std::min(left, UntilNextCheck()).count()));
  }
}

Result<std::string> DirectoryFeed::Read(const FeedDocument& document) {
  return ReadFile(options_.folder / document.location, options_.max_document_bytes);
}

void DirectoryFeed::Abandon() {
  handed_out_.clear();
  last_scan_ = {};
}

void DirectoryFeed::Confirm(const FeedDocument& document) {
  confirmed_[document.name] = document.stamp;
  handed_out_.erase(document.name);
}

}  // namespace ytterby
