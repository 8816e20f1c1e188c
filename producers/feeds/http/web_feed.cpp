#include "producers/feeds/http/web_feed.hpp"

#include <fmt/format.h>
#include <re2/re2.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "common/digest.hpp"
#include "producers/feeds/http/links.hpp"
#include "producers/feeds/http/pace.hpp"
#include "producers/feeds/http/page_text.hpp"

namespace ytterby {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMostHeld = 8;  // documents in memory that are not published yet
constexpr std::chrono::hours kAdoptAfter{7 * 24};
constexpr std::chrono::hours kLongestWait{8 * 24};

Result<std::unique_ptr<re2::RE2>> PatternOf(const WebFeedOptions& options, const char* key,
                                            const std::string& pattern) {
  if (pattern.empty()) return std::unique_ptr<re2::RE2>();
  re2::RE2::Options quiet;
  quiet.set_log_errors(false);
  auto compiled = std::make_unique<re2::RE2>(pattern, quiet);
  if (!compiled->ok()) {
    return ytterby::Fail(ErrorKind::kConfiguration,
                         fmt::format("feed {}: {}: {}: {}", options.name, key, pattern, compiled->error()));
  }
  return compiled;
}

bool Finds(const std::unique_ptr<re2::RE2>& pattern, const std::string& text) {
  return !pattern || re2::RE2::PartialMatch(text, *pattern);
}

bool IsPermanent(int status) { return status == 301 || status == 308; }

// A validator is sent back as it came; one that no server needs so long is left out.
std::string_view Validator(const FetchResponse& response, std::string_view name) {
  constexpr std::size_t kLongest = 1024;
  const std::string_view value = response.Header(name);
  return value.size() <= kLongest ? value : std::string_view();
}

// Up to a tenth more, the same for the same page, so that pages found together are not asked for together.
seconds Jitter(seconds after, const std::string& url) {
  const auto part = static_cast<std::int64_t>(Sha256(url).bytes[0]);
  return after + seconds(after.count() * part / 2560);
}

}  // namespace

Result<void> WebFeed::Check(const WebFeedOptions& options) {
  for (const std::string& url : options.urls) {
    if (!ParseUrl(url))
      return ytterby::Fail(ErrorKind::kConfiguration,
                           fmt::format("feed {}: {}: no http or https URL, or one with a password", options.name, url));
  }
  YT_CHECK(PatternOf(options, "links", options.links));
  YT_CHECK(PatternOf(options, "titles", options.titles));
  YT_CHECK(PatternOf(options, "next_page", options.next_page));
  return {};
}

Result<std::unique_ptr<WebFeed>> WebFeed::Open(WebFeedOptions options, std::shared_ptr<WebClient> client) {
  YT_CHECK(Check(options));
  YT_ASSIGN(links, PatternOf(options, "links", options.links));
  YT_ASSIGN(titles, PatternOf(options, "titles", options.titles));
  YT_ASSIGN(next_page, PatternOf(options, "next_page", options.next_page));
  std::unique_ptr<WebFeed> feed(new WebFeed(std::move(options), std::move(client)));
  feed->links_ = std::move(links);
  feed->titles_ = std::move(titles);
  feed->next_page_ = std::move(next_page);
  YT_CHECK(feed->Load());
  return feed;
}

WebFeed::WebFeed(WebFeedOptions options, std::shared_ptr<WebClient> client)
    : options_(std::move(options)), client_(std::move(client)) {}

WebFeed::~WebFeed() { *alive_ = false; }

Result<void> WebFeed::Load() {
  YT_ASSIGN(known, client_->store().Pages(options_.name));
  for (PageState& state : known) {
    Page page;
    page.state = std::move(state);
    pages_.emplace(page.state.url, std::move(page));
  }
  for (const std::string& url : options_.urls) {
    roots_.push_back(ParseUrl(url)->text);
    PageOf(roots_.back()).root = true;
  }
  for (const std::string& url : roots_) {
    PageState& state = pages_.at(url).state;
    if (!IsList(pages_.at(url)) || state.mark == PatternMark()) continue;
    // Other patterns: the list must come whole, and now.
    state.mark = PatternMark();
    state.etag = state.last_modified = {};
    state.next = std::min(state.next, Now());
  }
  for (auto& [url, page] : pages_) {
    page.state.next = std::min(page.state.next, Now() + kLongestWait);  // the clock may have been wrong
    if (IsAskedFor(page)) due_.insert({page.state.next, url});
  }
  return {};
}

// Of what decides which links are taken.
std::string WebFeed::PatternMark() const {
  const auto kind = std::to_string(static_cast<int>(options_.kind));
  return Sha256Of({kind, options_.links, options_.titles, options_.next_page, std::to_string(options_.pages)}).Hex();
}

bool WebFeed::HasAdopted(const PageState& state) const {
  return !state.moved_to.empty() && Now() - state.moved >= kAdoptAfter;
}

WebFeed::Page& WebFeed::PageOf(const std::string& url) {
  Page& page = pages_[url];
  page.state.url = url;
  return page;
}

void WebFeed::Schedule(Page& page, Timestamp at, std::string reason) {
  due_.erase({page.state.next, page.state.url});
  page.state.next = at;
  page.state.reason = std::move(reason);
  if (IsAskedFor(page)) due_.insert({at, page.state.url});
}

Result<std::vector<FeedDocument>> WebFeed::Poll(std::chrono::milliseconds wait) {
  StartDue();
  client_->Run(ready_.empty() ? wait : std::chrono::milliseconds(0));
  if (store_error_) {
    const Error error = *std::exchange(store_error_, std::nullopt);
    return tl::unexpected<Error>(error);
  }
  std::vector<FeedDocument> documents;
  for (const std::string& name : std::exchange(ready_, {})) {
    if (const auto held = held_.find(name); held != held_.end()) documents.push_back(held->second.document);
  }
  return documents;
}

void WebFeed::StartDue() {
  std::vector<std::string> due;
  const Timestamp now = Now();
  for (const auto& [at, url] : due_) {
    if (at > now || held_.size() + in_flight_ + due.size() >= kMostHeld) break;
    if (!pages_.at(url).busy) due.push_back(url);
  }
  for (const std::string& url : due) Ask(pages_.at(url));
}

FetchRequest WebFeed::RequestFor(const std::string& url) const {
  FetchRequest request;
  request.url = url;
  request.max_bytes = options_.max_document_bytes;
  request.allowed_hosts = options_.allow_hosts;
  request.ca_file = options_.ca_file;
  // Only to the hosts that the configuration names.
  const auto to = ParseUrl(url);
  for (const std::string& own : roots_) {
    if (to && ParseUrl(own)->origin() == to->origin()) request.authorization = options_.authorization;
  }
  return request;
}

void WebFeed::Ask(Page& page) {
  page.busy = true;
  ++in_flight_;
  PageState& state = page.state;
  FetchRequest request = RequestFor(HasAdopted(state) ? state.moved_to : state.url);
  request.etag = state.etag;
  request.last_modified = state.last_modified;
  client_->Get(std::move(request), state.bytes, [this, alive = alive_, url = state.url](WebAnswer answer) {
    if (*alive) OnAnswer(url, std::move(answer));
  });
}

void WebFeed::OnAnswer(const std::string& url, WebAnswer answer) {
  Page& page = pages_.at(url);
  page.busy = false;
  --in_flight_;
  PageState& state = page.state;
  FetchResponse& response = answer.response;
  state.checked = Now();
  state.status = response.status;
  if (!answer.forbidden.empty()) return Fail(page, answer.forbidden, response);
  if (response.failure == FetchFailure::kTooLarge && !IsList(page)) {
    PageState confirmed = state;
    confirmed.etag = confirmed.last_modified = confirmed.digest = {};
    return HandOut(page, {}, Error{ErrorKind::kBadData, response.message}, std::move(confirmed));
  }
  if (response.failure != FetchFailure::kNone) return Fail(page, response.message, response);
  if (response.status == 304 && state.etag.empty() && state.last_modified.empty())
    return Fail(page, "HTTP 304 although everything was asked for", response);
  if (response.status == 304) {
    // The validators may be others although the page is the same.
    if (const auto etag = Validator(response, "etag"); !etag.empty()) state.etag = etag;
    if (const auto modified = Validator(response, "last-modified"); !modified.empty()) state.last_modified = modified;
    NoteMove(page, response);
    return Succeed(page, response, page.root ? options_.interval : options_.recheck);
  }
  if (response.status != 200) return Fail(page, fmt::format("HTTP {}", response.status), response);
  if (IsList(page)) return OnList(page, response);
  OnDocument(page, std::move(response));
}

// ---- lists

std::optional<std::vector<LinkVerdict>> WebFeed::Judge(const FetchResponse& response) const {
  const auto place = ParseUrl(response.url);
  if (!place) return std::nullopt;
  std::vector<LinkVerdict> verdicts;
  std::set<std::string> seen;
  const auto judge = [&](LinkVerdict verdict) {
    if (!Finds(links_, verdict.url)) {
      verdict.why = "does not match `links`";
    } else if (!Finds(titles_, verdict.text)) {
      verdict.why = "its text does not match `titles`";
    } else if (!seen.insert(verdict.url).second) {
      verdict.why = "the list names it twice";
    } else {
      verdict.taken = true;
    }
    verdicts.push_back(std::move(verdict));
  };
  if (options_.kind == WebFeedKind::kIndex) {
    for (const PageLink& link : LinksOf(PageText(response.body, response.Header("content-type")), *place)) {
      LinkVerdict verdict;
      verdict.url = link.url.text;
      verdict.text = link.text;
      judge(std::move(verdict));
    }
    return verdicts;
  }
  const auto feed = ReadSyndication(response.body, *place);
  if (!feed) return std::nullopt;
  for (const SyndicationEntry& entry : feed->entries) {
    LinkVerdict verdict;
    verdict.text = entry.title;
    verdict.mark = entry.updated;
    if (entry.enclosure) {
      verdict.url = entry.enclosure->text;
    } else if (!entry.content.empty()) {
      verdict.url = entry.link ? entry.link->text : entry.id;
      verdict.content = entry.content;
    } else if (entry.link) {
      verdict.url = entry.link->text;
    }
    if (verdict.url.empty()) {
      verdict.why = "has neither link, enclosure nor text";
      verdicts.push_back(std::move(verdict));
    } else {
      judge(std::move(verdict));
    }
  }
  return verdicts;
}

void WebFeed::OnList(Page& page, const FetchResponse& response) {
  auto verdicts = Judge(response);
  if (!verdicts) return Fail(page, "neither RSS nor Atom", response);
  list_ = std::move(*verdicts);
  list_response_ = response;
  pages_read_ = {response.url};
  if (options_.kind == WebFeedKind::kSyndication) {
    syndication_ = ReadSyndication(response.body, *ParseUrl(response.url));
    if (syndication_) syndication_->entries.clear();  // only its pace is needed
    return TakeList(page);
  }
  page.busy = true;
  OnNextPage(*ParseUrl(response.url), options_.pages - 1);
}

// Reads the index's next page, if it has one, and takes the list when all are read.
void WebFeed::OnNextPage(const Url& page, int left) {
  const std::string root = roots_.front();
  const auto next = std::find_if(list_.rbegin(), list_.rend(), [&](const LinkVerdict& link) {
    return next_page_ && re2::RE2::PartialMatch(link.text, *next_page_) && !pages_read_.contains(link.url) &&
           link.url != page.text;
  });
  if (left <= 0 || next == list_.rend()) return TakeList(pages_.at(root));
  const std::string url = next->url;
  pages_read_.insert(url);
  client_->Get(RequestFor(url), 0, [this, alive = alive_, root, left](WebAnswer answer) {
    if (!*alive) return;
    const FetchResponse& response = answer.response;
    Page& first = pages_.at(root);
    if (!answer.forbidden.empty() || response.failure != FetchFailure::kNone || response.status != 200) {
      first.busy = false;
      const std::string why = !answer.forbidden.empty()                 ? answer.forbidden
                              : response.failure != FetchFailure::kNone ? response.message
                                                                        : fmt::format("HTTP {}", response.status);
      return Fail(first, fmt::format("a page of the index: {}", why), response);
    }
    auto verdicts = Judge(response);
    const auto place = ParseUrl(response.url);
    if (!verdicts || !place) {
      first.busy = false;
      return Fail(first, "a page of the index cannot be read", response);
    }
    std::move(verdicts->begin(), verdicts->end(), std::back_inserter(list_));
    OnNextPage(*place, left - 1);
  });
}

void WebFeed::TakeList(Page& page) {
  page.busy = false;
  const FetchResponse response = *std::exchange(list_response_, std::nullopt);
  const std::vector<LinkVerdict> list = std::exchange(list_, {});
  std::set<std::string> named;
  for (const LinkVerdict& link : list) {
    if (link.taken) named.insert(link.url);
  }
  const bool had_any =
      std::any_of(pages_.begin(), pages_.end(), [](const auto& known) { return known.second.state.listed; });
  // Maintenance pages answer with 200: a list that loses everything at once is not believed.
  if (named.empty() && (had_any || options_.kind == WebFeedKind::kIndex))
    return Fail(page, "no link matches: not the page that it was, or the patterns are wrong", response);
  std::vector<const PageState*> changed{&page.state};
  for (auto& [url, known] : pages_) {
    if (known.root || !known.state.listed || named.contains(url)) continue;
    due_.erase({known.state.next, url});
    known.state.listed = false;
    if (IsAskedFor(known)) due_.insert({known.state.next, url});
    changed.push_back(&known.state);
    if (known.state.taken) spdlog::info("feed {}: {} is no longer listed; what it held stays", options_.name, url);
  }
  std::set<std::string> done;
  bool holds_news = false;
  for (const LinkVerdict& link : list) {
    if (!link.taken || !done.insert(link.url).second) continue;
    Page& document = PageOf(link.url);
    if (document.root) continue;
    const bool fresh = !document.state.listed;
    const bool marked = document.state.mark != link.mark;
    document.state.listed = true;
    document.state.in_list = link.content.has_value();
    if (link.content) {
      PageState confirmed = document.state;
      confirmed.mark = link.mark;
      confirmed.digest = Sha256(*link.content).Hex();
      if (confirmed.digest == document.state.digest) continue;
      holds_news = true;
      if (!document.busy) HandOut(document, *link.content, std::nullopt, std::move(confirmed));
      continue;
    }
    if (fresh || marked) {
      document.state.mark = link.mark;
      Schedule(document, Now(), fresh ? "new" : "the list says that it changed");
      changed.push_back(&document.state);
    }
  }
  // A list whose own documents are not confirmed yet must come whole the next time.
  page.state.etag = holds_news ? std::string_view() : Validator(response, "etag");
  page.state.last_modified = holds_news ? std::string_view() : Validator(response, "last-modified");
  page.state.bytes = response.wire_bytes;
  NoteMove(page, response);
  Save(changed);
  Succeed(page, response, options_.interval);
}

// ---- documents

void WebFeed::OnDocument(Page& page, FetchResponse response) {
  PageState confirmed = page.state;
  confirmed.etag = Validator(response, "etag");
  confirmed.last_modified = Validator(response, "last-modified");
  confirmed.digest = Sha256(response.body).Hex();
  confirmed.bytes = response.wire_bytes;
  NoteMove(page, response);
  if (confirmed.digest == page.state.digest) {
    page.state.etag = confirmed.etag;
    page.state.last_modified = confirmed.last_modified;
    page.state.bytes = confirmed.bytes;
    return Succeed(page, response, page.root ? options_.interval : options_.recheck);
  }
  Succeed(page, response, page.root ? options_.interval : options_.recheck);
  // Until it is confirmed it stays due: a stop now must not put it off.
  confirmed.next = page.state.next;
  confirmed.reason = page.state.reason;
  Schedule(page, Now(), "not published yet");
  Save({&page.state});
  HandOut(page, std::move(response.body), std::nullopt, std::move(confirmed));
}

void WebFeed::HandOut(Page& page, std::string body, std::optional<Error> unreadable, PageState confirmed) {
  page.busy = true;
  const std::string& url = page.state.url;
  Held held;
  held.document = {url, url, confirmed.digest.empty() ? "unreadable" : confirmed.digest};
  held.body = std::move(body);
  held.unreadable = std::move(unreadable);
  held.confirmed = std::move(confirmed);
  held_.insert_or_assign(url, std::move(held));
  ready_.push_back(url);
}

Result<std::string> WebFeed::Read(const FeedDocument& document) {
  const auto held = held_.find(document.name);
  if (held == held_.end())
    return ytterby::Fail(ErrorKind::kNoInput, fmt::format("{}: not there any more", document.name));
  if (held->second.unreadable) return tl::unexpected<Error>(*held->second.unreadable);
  return std::move(held->second.body);
}

bool WebFeed::Has(const std::string& name) const {
  const auto page = pages_.find(name);
  return page != pages_.end() && (page->second.root || page->second.state.listed) && page->second.state.status != 410 &&
         page->second.state.status != 404;
}

void WebFeed::Abandon() {
  for (const auto& [name, held] : held_) {
    Page& page = pages_.at(name);
    page.busy = false;
    Schedule(page.state.in_list ? pages_.at(roots_.front()) : page, Now(), "not published yet");
  }
  held_.clear();
  ready_.clear();
}

void WebFeed::Confirm(const FeedDocument& document) {
  const auto held = held_.find(document.name);
  // What is confirmed may be an older delivery of the same name, sent again from the archive.
  if (held == held_.end() || held->second.document.stamp != document.stamp) return;
  Page& page = pages_.at(document.name);
  page.busy = false;
  const PageState& confirmed = held->second.confirmed;
  page.state.etag = confirmed.etag;
  page.state.last_modified = confirmed.last_modified;
  page.state.digest = confirmed.digest;
  page.state.bytes = confirmed.bytes;
  if (page.state.in_list) page.state.mark = confirmed.mark;
  page.state.taken = true;
  if (!page.state.in_list) Schedule(page, confirmed.next, confirmed.reason);
  if (held->second.unreadable) Succeed(page, FetchResponse(), page.root ? options_.interval : options_.recheck);
  held_.erase(held);
  Save({&page.state});
}

// ---- what became of a request

void WebFeed::NoteMove(Page& page, const FetchResponse& response) {
  PageState& state = page.state;
  if (HasAdopted(state)) return;
  const bool permanent = !response.redirects.empty() &&
                         std::all_of(response.redirects.begin(), response.redirects.end(),
                                     [](const FetchRedirect& redirect) { return IsPermanent(redirect.status); });
  const std::string target = permanent ? response.redirects.back().to : std::string();
  if (target == state.moved_to) return;
  state.moved_to = target;
  state.moved = Now();
  if (target.empty() || !page.root) return;
  // The same page, only encrypted: nothing to wait for.
  if (state.url.starts_with("http://") && target == "https://" + state.url.substr(7)) state.moved -= kAdoptAfter;
  spdlog::warn("feed {}: {} has moved permanently to {}; write that into the configuration", options_.name, state.url,
               target);
}

void WebFeed::Fail(Page& page, std::string error, const FetchResponse& response) {
  PageState& state = page.state;
  ++state.failures;
  state.error = std::move(error);
  PollFacts facts;
  facts.interval = page.root ? options_.interval : std::min(options_.recheck, options_.interval);
  facts.failures = state.failures;
  facts.gone = response.status == 410;
  if (response.status == 429 || response.status == 503)
    facts.retry_after = RetryAfterOf(response.Header("retry-after"), Now());
  const NextPoll next = ChooseNextPoll(facts);
  Schedule(page, Now() + Jitter(next.after, state.url), next.reason);
  const bool is_gone = response.status == 404 || response.status == 410;
  if (HasAdopted(state)) {
    // What was adopted no longer answers: back to what is configured.
    constexpr int kPatience = 3;
    if (is_gone || state.failures >= kPatience) state.moved_to.clear();
  } else if (!state.moved_to.empty() && is_gone) {
    state.moved = Now() - kAdoptAfter;  // the old place is gone, and the new one is known
    Schedule(page, Now(), "moved");
  }
  if (!page.root && state.taken && is_gone) vanished_.push_back(state.url);
  if (!page.root && state.failures == 1)
    spdlog::warn("feed {}: {}: {}; next try at {} ({})", options_.name, state.url, state.error,
                 FormatRfc3339(state.next), state.reason);
  Save({&state});
}

void WebFeed::Succeed(Page& page, const FetchResponse& response, seconds interval) {
  PageState& state = page.state;
  state.failures = 0;
  state.error.clear();
  state.succeeded = Now();
  PollFacts facts;
  facts.interval = interval;
  facts.fresh_for = FreshFor(response, Now());
  if (IsList(page) && syndication_) {
    facts.syndicated =
        std::max(syndication_->ttl.value_or(seconds(0)), UntilAllowed(*syndication_, Now() + interval) + interval);
  }
  const NextPoll next = ChooseNextPoll(facts);
  Schedule(page, Now() + Jitter(next.after, state.url), next.reason);
  Save({&state});
}

void WebFeed::Save(const std::vector<const PageState*>& pages) {
  if (const auto saved = client_->store().Put(options_.name, pages); !saved) store_error_ = saved.error();
}

std::optional<FeedPolls> WebFeed::Polls() const {
  FeedPolls polls{std::nullopt, Timestamp::max(), 0};
  for (const std::string& url : roots_) {
    const PageState& state = pages_.at(url).state;
    if (state.succeeded != Timestamp())
      polls.succeeded = std::max(polls.succeeded.value_or(Timestamp()), state.succeeded);
    polls.next = std::min(polls.next, state.next);
    polls.failures = std::max(polls.failures, state.failures);
  }
  return polls;
}

std::optional<Error> WebFeed::Trouble() const {
  for (const std::string& url : roots_) {
    const PageState& state = pages_.at(url).state;
    if (state.failures == 0) continue;
    const std::string times = state.failures == 1 ? std::string() : fmt::format(", {} times in a row", state.failures);
    return Error{ErrorKind::kUnavailable, fmt::format("{}: {}{}; next try at {} ({})", url, state.error, times,
                                                      FormatRfc3339(state.next), state.reason)};
  }
  return std::nullopt;
}

}  // namespace ytterby
