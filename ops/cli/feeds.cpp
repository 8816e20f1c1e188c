// ytterby feeds check|explain|ledger: what feeds would take and why not, and what their publishers have served.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "common/clock.hpp"
#include "common/http/fetcher.hpp"
#include "common/json_writer.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/say.hpp"
#include "producers/feeds/files.hpp"
#include "producers/feeds/http/web_feed.hpp"
#include "producers/feeds/open_feed.hpp"

namespace ytterby::cli {
namespace {

struct FeedsFlags {
  std::string name, url;
  bool json = false;
};

constexpr std::size_t kShownText = 60;  // bytes of a link's text

// A client that keeps nothing, for a trial.
Result<std::shared_ptr<WebClient>> TrialClient(const Config& config) {
  YT_ASSIGN(pages, PageStore::Open({}));
  WebClientOptions options;
  options.contact = config.contact;
  options.host_interval = std::chrono::milliseconds(0);
  return std::make_shared<WebClient>(std::move(options), std::move(pages), SystemClock());
}

WebAnswer Get(WebClient& client, FetchRequest request) {
  std::optional<WebAnswer> answer;
  client.Get(std::move(request), 0, [&](WebAnswer got) { answer = std::move(got); });
  while (!answer) client.Run(std::chrono::milliseconds(500));
  return std::move(*answer);
}

// Why an answer gives nothing; empty if it is a page.
std::string WhyNot(const WebAnswer& answer) {
  if (!answer.forbidden.empty()) return answer.forbidden;
  if (answer.response.failure != FetchFailure::kNone) return answer.response.message;
  if (answer.response.status != 200) return fmt::format("HTTP {}", answer.response.status);
  return {};
}

void PrintLink(const std::string& feed, const LinkVerdict& link, bool json) {
  if (!json)
    return Say("  {:5} {}  {}{}\n", link.taken ? "take" : "leave", link.url, OneLine(link.text, kShownText),
               link.taken ? std::string() : fmt::format(" ({})", link.why));
  JsonWriter out;
  out.BeginObject().Field("feed", feed).Field("url", link.url).Field("text", link.text).Key("taken").Bool(link.taken);
  out.Field("why", link.why.empty() ? std::nullopt : std::optional(link.why));
  fmt::print("{}\n", out.EndObject().text());
}

// True: the feed can be read.
Result<bool> CheckOnTheWeb(const Config& config, const FeedConfig& feed, bool json) {
  YT_ASSIGN(options, WebFeedOptionsOf(feed, config.limits));
  const WebFeedKind kind = options.kind;
  const std::vector<std::string> urls = options.urls;
  YT_ASSIGN(client, TrialClient(config));
  YT_ASSIGN(web, WebFeed::Open(std::move(options), client));
  bool works = true;
  for (const std::string& url : urls) {
    const WebAnswer answer = Get(*client, web->RequestFor(url));
    std::string why = WhyNot(answer);
    std::optional<std::vector<LinkVerdict>> links;
    if (why.empty() && kind != WebFeedKind::kUrls) {
      links = web->Judge(answer.response);
      if (!links) why = "neither RSS nor Atom";
    }
    if (kind == WebFeedKind::kUrls || !why.empty()) {
      LinkVerdict verdict;
      verdict.url = url;
      verdict.taken = why.empty();
      verdict.why = why;
      PrintLink(feed.name, verdict, json);
      works = works && why.empty();
      continue;
    }
    for (const LinkVerdict& link : *links) PrintLink(feed.name, link, json);
    const auto taken = std::count_if(links->begin(), links->end(), [](const LinkVerdict& link) { return link.taken; });
    if (!json) Say("  {} of {} links would be taken\n", taken, links->size());
    works = works && taken > 0;
  }
  return works;
}

Result<bool> CheckFolder(const FeedConfig& feed, bool json) {
  const Listing listing = ListFiles(feed.directory);
  if (!listing.failed.empty()) return Fail(ErrorKind::kTryLater, listing.failed);
  for (const std::string& file : listing.files) {
    LinkVerdict verdict;
    verdict.url = NameOf(file);
    verdict.taken = true;
    PrintLink(feed.name, verdict, json);
  }
  for (const std::string& folder : listing.unreadable) {
    LinkVerdict verdict;
    verdict.url = NameOf(folder);
    verdict.why = "cannot be entered";
    PrintLink(feed.name, verdict, json);
  }
  return true;
}

Result<int> CheckEach(const CommonFlags& common, const FeedsFlags& flags) {
  YT_ASSIGN(config, LoadConfig(common));
  bool found = false, works = true;
  for (const FeedConfig& feed : config.feeds) {
    if (!flags.name.empty() && feed.name != flags.name) continue;
    found = true;
    if (!flags.json) Say("feed {}\n", feed.name);
    YT_CHECK(CheckFeed(feed, config.data_dir));
    YT_ASSIGN(one, feed.OnTheWeb() ? CheckOnTheWeb(config, feed, flags.json) : CheckFolder(feed, flags.json));
    works = works && one;
  }
  if (!found) {
    return Fail(flags.name.empty() ? ErrorKind::kConfiguration : ErrorKind::kNoInput,
                flags.name.empty() ? "no feeds are configured; see `ytterby config show`, key feeds"
                                   : fmt::format("no feed is named {}", flags.name));
  }
  return works ? 0 : ExitCode(ErrorKind::kUnavailable);
}

// A URL belongs to the feed whose configuration names its origin.
const FeedConfig* FeedNaming(const Config& config, const Url& url) {
  for (const FeedConfig& feed : config.feeds) {
    std::vector<std::string> urls = feed.urls;
    urls.push_back(feed.index + feed.syndication);
    for (const std::string& one : urls) {
      const auto own = ParseUrl(one);
      if (own && own->origin() == url.origin()) return &feed;
    }
  }
  return nullptr;
}

Result<int> ExplainUrl(const CommonFlags& common, const FeedsFlags& flags) {
  YT_ASSIGN(config, LoadConfig(common));
  const auto url = ParseUrl(flags.url);
  if (!url) return Fail(ErrorKind::kUsage, fmt::format("{}: no http or https URL, or one with a password", flags.url));
  const FeedConfig* feed = FeedNaming(config, *url);
  const auto allows = [&](const std::string& host) {
    return feed && std::find(feed->allow_hosts.begin(), feed->allow_hosts.end(), host) != feed->allow_hosts.end();
  };
  Say("url       {}\n", url->text);
  Say("feed      {}\n", feed ? feed->name : "none: no feed names this host");
  const std::vector<std::string> addresses = AddressesOf(url->host);
  if (addresses.empty()) Say("address   none: the host cannot be resolved\n");
  bool refused = false;
  for (const std::string& address : addresses) {
    const AddressClass address_class = ClassOfAddress(address);
    const bool open = address_class == AddressClass::kPublic || allows(url->host);
    refused = refused || !open;
    Say("address   {} ({}): {}\n", address, AddressClassName(address_class),
        !open                                    ? "refused; allow_hosts does not name the host"
        : address_class == AddressClass::kPublic ? "may be connected to"
                                                 : "allowed by allow_hosts");
  }
  if (addresses.empty() || refused) {
    Say("verdict   would not be fetched\n");
    return ExitCode(ErrorKind::kUnavailable);
  }
  FetchRequest request;
  request.url = url->text;
  request.max_bytes = config.limits.max_document_bytes;
  if (feed) {
    YT_ASSIGN(options, WebFeedOptionsOf(*feed, config.limits));
    request.allowed_hosts = options.allow_hosts;
    request.ca_file = options.ca_file;
    request.authorization = options.authorization;
  }
  YT_ASSIGN(client, TrialClient(config));
  const WebAnswer answer = Get(*client, std::move(request));
  Say("robots    {}\n", answer.forbidden.empty() ? "allows it" : answer.forbidden);
  for (const FetchRedirect& redirect : answer.response.redirects)
    Say("redirect  {} to {}\n", redirect.status, redirect.to);
  const std::string why = WhyNot(answer);
  if (!why.empty()) {
    Say("verdict   would not be taken: {}\n", why);
    return ExitCode(ErrorKind::kUnavailable);
  }
  const FetchResponse& response = answer.response;
  Say("answer    {} bytes on the wire, {} in all, {}\n", response.wire_bytes, response.body.size(),
      response.Header("content-type").empty() ? "of no named type" : response.Header("content-type"));
  Say("verdict   would be taken\n");
  return 0;
}

Result<int> ShowLedger(const CommonFlags& common, const FeedsFlags& flags) {
  YT_ASSIGN(config, LoadConfig(common));
  const auto file = DataFolder(config.data_dir).feeds();
  YT_ASSIGN(pages, PageStore::OpenReadOnly(file));
  YT_ASSIGN(hosts, pages->Ledger());
  if (!flags.json) Say("{:32} {:>9} {:>6} {:>14} {:>14}\n", "host", "requests", "304", "bytes", "bytes saved");
  for (const HostLedger& host : hosts) {
    if (!flags.json) {
      Say("{:32} {:>9} {:>5}% {:>14} {:>14}\n", host.host, host.requests,
          host.requests == 0 ? 0 : 100 * host.not_modified / host.requests, host.bytes, host.bytes_saved);
      continue;
    }
    JsonWriter json;
    json.BeginObject().Field("host", host.host).Key("requests").Number(host.requests);
    json.Key("not_modified").Number(host.not_modified).Key("bytes").Number(host.bytes);
    json.Key("bytes_saved").Number(host.bytes_saved);
    fmt::print("{}\n", json.EndObject().text());
  }
  return 0;
}

}  // namespace

void AddFeeds(Program& program) {
  CLI::App* feeds = program.app.add_subcommand("feeds", "look at feeds: what they would take, what servers were asked");
  feeds->require_subcommand(1);
  auto flags = std::make_shared<FeedsFlags>();

  CLI::App* check = feeds->add_subcommand("check", "look at each feed once, publish nothing; says why links are left");
  check->add_option("NAME", flags->name, "only the feed of this name");
  check->add_flag("--json", flags->json, "a JSON object a line for each link or file");
  AddCommonFlags(*check, *program.flags);
  check->footer(
      "Example:\n  ytterby feeds check --config ytterby.yaml\n"
      "Exit codes: 69 a feed cannot be read or would take nothing; 66 no such feed; 78 its configuration is wrong.");
  program.commands.push_back(
      {check, [common = program.flags, flags]() -> Result<int> { return CheckEach(*common, *flags); }});

  CLI::App* explain = feeds->add_subcommand(
      "explain", "what would become of a URL: its addresses and their classes, robots.txt, redirects, the answer");
  explain->add_option("URL", flags->url, "an http or https URL")->required();
  AddCommonFlags(*explain, *program.flags);
  explain->footer(
      "The URL is judged by the feed that names its host, if there is one (allow_hosts, credentials).\n"
      "Example:\n  ytterby feeds explain https://example.com/2024-06.txt --config ytterby.yaml\n"
      "Exit codes: 69 it would not be taken; 64 this is no URL.");
  program.commands.push_back(
      {explain, [common = program.flags, flags]() -> Result<int> { return ExplainUrl(*common, *flags); }});

  CLI::App* ledger = feeds->add_subcommand("ledger", "requests, 304 answers and bytes by host, to show to a publisher");
  ledger->add_flag("--json", flags->json, "a JSON object a line for each host");
  AddCommonFlags(*ledger, *program.flags);
  ledger->footer(
      "304: the share of requests that were answered with `not modified`; bytes saved: what those did not send.\n"
      "Example:\n  ytterby feeds ledger --data-dir data\n"
      "Exit codes: 66 no feed on the web has been watched with this data folder.");
  program.commands.push_back(
      {ledger, [common = program.flags, flags]() -> Result<int> { return ShowLedger(*common, *flags); }});
}

}  // namespace ytterby::cli
