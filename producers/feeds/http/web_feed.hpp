// A feed on the web: a page that links to documents, a syndication feed, or a list of URLs.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "producers/feeds/feed.hpp"
#include "producers/feeds/http/syndication.hpp"
#include "producers/feeds/http/web_client.hpp"

namespace re2 {
class RE2;
}

namespace ytterby {

enum class WebFeedKind { kIndex, kSyndication, kUrls };

struct WebFeedOptions {
  std::string name;
  WebFeedKind kind = WebFeedKind::kUrls;
  std::vector<std::string> urls;  // the index or the syndication feed alone, or the documents themselves
  std::string links;              // pattern that a link's URL matches somewhere; of an index, of a syndication feed
  std::string titles;             // pattern that its text matches somewhere
  std::string next_page;          // pattern of the text of the link to an index's next page
  int pages = 1;                  // at most so many pages of an index
  int priority = 0;
  std::chrono::seconds interval{900};    // between two looks at the index, the syndication feed, or each URL
  std::chrono::seconds recheck{86'400};  // between two looks at a document that a list names
  std::uint64_t max_document_bytes = 32u << 20;
  std::set<std::string> allow_hosts;  // may be at addresses that are not public
  std::string authorization;
  std::string ca_file;
};

// A link of a list, and what becomes of it.
struct LinkVerdict {
  std::string url, text;
  bool taken = false;
  std::string why;                     // not taken
  std::string mark;                    // what the list says of its state
  std::optional<std::string> content;  // the document itself, if the list holds it
};

// Documents are handed out when they are new or their bytes have changed. Which they are outlives the process, in the
// client's PageStore; a page counts as taken only once it is confirmed. Trouble with a server stays with the feed
// and is waited out: Poll fails only if the PageStore does. Used by the client's thread.
class WebFeed final : public Feed {
 public:
  // kConfiguration: a pattern or a URL is wrong.
  static Result<std::unique_ptr<WebFeed>> Open(WebFeedOptions options, std::shared_ptr<WebClient> client);
  ~WebFeed() override;
  // What Open refuses, without opening anything.
  static Result<void> Check(const WebFeedOptions& options);

  const std::string& name() const override { return options_.name; }
  int priority() const override { return options_.priority; }
  std::string_view loop() const override { return "web"; }
  Result<std::vector<FeedDocument>> Poll(std::chrono::milliseconds wait) override;
  Result<std::string> Read(const FeedDocument& document) override;
  bool Has(const std::string& name) const override;
  std::vector<std::string> TakeVanished() override { return std::exchange(vanished_, {}); }
  void Abandon() override;
  void Confirm(const FeedDocument& document) override;
  std::optional<Error> Trouble() const override;
  std::optional<FeedPolls> Polls() const override;

  // The links of a fetched list with what becomes of each. nullopt: it is no such list.
  std::optional<std::vector<LinkVerdict>> Judge(const FetchResponse& response) const;
  FetchRequest RequestFor(const std::string& url) const;

 private:
  struct Page {
    PageState state;
    bool root = false;  // stands in the configuration
    bool busy = false;  // asked for, or handed out and not confirmed
  };
  struct Held {
    FeedDocument document;
    std::string body;
    std::optional<Error> unreadable;
    PageState confirmed;  // the page's state once it is confirmed
  };

  WebFeed(WebFeedOptions options, std::shared_ptr<WebClient> client);
  Result<void> Load();
  Page& PageOf(const std::string& url);
  // A page that a list names, or named and that was never taken, until it is known to be gone.
  static bool IsAskedFor(const Page& page) {
    constexpr int kPatience = 10;  // failures
    const PageState& state = page.state;
    const bool waited_for = !state.taken && state.status != 404 && state.status != 410 && state.failures < kPatience;
    return page.root || (!state.in_list && (state.listed || waited_for));
  }
  bool HasAdopted(const PageState& state) const;
  std::string PatternMark() const;
  bool IsList(const Page& page) const { return page.root && options_.kind != WebFeedKind::kUrls; }
  void Schedule(Page& page, Timestamp at, std::string reason);
  void StartDue();
  void Ask(Page& page);
  void OnAnswer(const std::string& url, WebAnswer answer);
  void OnList(Page& page, const FetchResponse& response);
  void OnNextPage(const Url& page, int left);
  void TakeList(Page& page);
  void OnDocument(Page& page, FetchResponse response);
  void HandOut(Page& page, std::string body, std::optional<Error> unreadable, PageState confirmed);
  void NoteMove(Page& page, const FetchResponse& response);
  void Fail(Page& page, std::string error, const FetchResponse& response);
  void Succeed(Page& page, const FetchResponse& response, std::chrono::seconds interval);
  void Save(const std::vector<const PageState*>& pages);
  Timestamp Now() const { return client_->clock().Now(); }

  const WebFeedOptions options_;
  const std::shared_ptr<WebClient> client_;
  std::unique_ptr<re2::RE2> links_, titles_, next_page_;
  std::vector<std::string> roots_;  // the URLs of the configuration, normalised
  std::map<std::string, Page> pages_;
  std::set<std::pair<Timestamp, std::string>> due_;
  std::deque<std::string> ready_;     // keys of held_ that are not handed out yet
  std::map<std::string, Held> held_;  // by name
  std::size_t in_flight_ = 0;         // pages asked for
  std::vector<std::string> vanished_;
  std::vector<LinkVerdict> list_;               // of the pages of the index read so far
  std::set<std::string> pages_read_;            // of the index, in this round
  std::optional<FetchResponse> list_response_;  // of its first page
  std::optional<Syndication> syndication_;      // the last one read
  std::optional<Error> store_error_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // answers may come after the feed is gone
};

}  // namespace ytterby
