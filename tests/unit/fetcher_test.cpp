#include "common/http/fetcher.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "common/http/address.hpp"
#include "common/http/url.hpp"
#include "tests/support/origin.hpp"

namespace ytterby {
namespace {

using testing::Answer;
using testing::Origin;
using testing::OriginRequest;

FetchRequest Allowed(const std::string& url) {
  FetchRequest request;
  request.url = url;
  request.user_agent = "test";
  request.allowed_hosts = {"127.0.0.1"};
  request.timeout = std::chrono::milliseconds(20'000);
  return request;
}

TEST(FetcherTest, AddressesThatAreNotPublicAreKnownInEverySpelling) {
  const std::pair<const char*, AddressClass> kCases[] = {
      {"8.8.8.8", AddressClass::kPublic},
      {"0.0.0.0", AddressClass::kUnspecified},
      {"0.1.2.3", AddressClass::kUnspecified},
      {"10.1.2.3", AddressClass::kPrivate},
      {"172.15.0.1", AddressClass::kPublic},
      {"172.31.255.255", AddressClass::kPrivate},
      {"172.32.0.0", AddressClass::kPublic},
      {"192.168.0.1", AddressClass::kPrivate},
      {"127.255.0.1", AddressClass::kLoopback},
      {"169.254.1.1", AddressClass::kLinkLocal},
      {"169.254.169.254", AddressClass::kMetadata},
      {"100.64.0.1", AddressClass::kShared},
      {"100.100.100.200", AddressClass::kMetadata},
      {"100.128.0.1", AddressClass::kPublic},
      {"198.18.0.1", AddressClass::kReserved},
      {"224.0.0.1", AddressClass::kMulticast},
      {"255.255.255.255", AddressClass::kReserved},
      {"::", AddressClass::kUnspecified},
      {"::1", AddressClass::kLoopback},
      {"::ffff:10.0.0.1", AddressClass::kPrivate},
      {"::ffff:8.8.8.8", AddressClass::kPublic},
      {"::127.0.0.1", AddressClass::kLoopback},
      {"64:ff9b::a9fe:a9fe", AddressClass::kMetadata},
      {"64:ff9b:1::1", AddressClass::kReserved},
      {"2002:7f00:1::", AddressClass::kLoopback},
      {"2002:808:808::", AddressClass::kPublic},
      {"2001:0:1::", AddressClass::kReserved},
      {"2001:db8::1", AddressClass::kReserved},
      {"2606:4700::1111", AddressClass::kPublic},
      {"fc00::1", AddressClass::kPrivate},
      {"fd00:ec2::254", AddressClass::kMetadata},
      {"fe80::1%eth0", AddressClass::kLinkLocal},
      {"fec0::1", AddressClass::kPrivate},
      {"ff02::1", AddressClass::kMulticast},
      {"4000::1", AddressClass::kReserved},
      {"no address", AddressClass::kInvalid},
      {"", AddressClass::kInvalid},
  };
  for (const auto& [address, expected] : kCases)
    EXPECT_STREQ(AddressClassName(ClassOfAddress(address)), AddressClassName(expected)) << address;
}

TEST(FetcherTest, UrlsAreNormalisedAndOnlyHttp) {
  const auto base = ParseUrl("HTTPS://Example.COM:443/a/b?c=1#d");
  ASSERT_TRUE(base);
  EXPECT_EQ(base->text, "https://example.com/a/b?c=1");
  EXPECT_EQ(base->origin(), "https://example.com:443");
  EXPECT_EQ(ResolveUrl(*base, " ../x\ny.pdf ")->text, "https://example.com/xy.pdf");
  EXPECT_EQ(ResolveUrl(*base, "//other.example/z")->text, "https://other.example/z");
  EXPECT_EQ(ResolveUrl(*base, "稀土 1.txt")->text, "https://example.com/a/%e7%a8%80%e5%9c%9f%201.txt");
  for (const char* wrong : {"ftp://x/", "file:///etc/passwd", "javascript:alert(1)", "http://user:secret@x/", "x", ""})
    EXPECT_FALSE(ParseUrl(wrong)) << wrong;
  EXPECT_FALSE(ResolveUrl(*base, "javascript:void(0)"));
  EXPECT_FALSE(ResolveUrl(*base, "mailto:a@example.com"));
}

TEST(FetcherTest, BringsStatusHeadersAndBodyAndSendsValidators) {
  Origin origin([](const OriginRequest& request) {
    return request.Says("if-none-match: w/\"1\"") && request.Says("if-modified-since: yesterday")
               ? Answer(304, "")
               : Answer(200, "稀土", "ETag: W/\"1\"\r\nX-Two:  b \r\n");
  });
  FetchRequest request = Allowed(origin.Url("/a"));
  const FetchResponse first = Fetch(request);
  EXPECT_EQ(first.failure, FetchFailure::kNone) << first.message;
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "稀土");
  EXPECT_EQ(first.wire_bytes, 6u);
  EXPECT_EQ(first.Header("etag"), "W/\"1\"");
  EXPECT_EQ(first.Header("x-two"), "b");
  request.etag = first.Header("etag");
  request.last_modified = "yesterday";
  EXPECT_EQ(Fetch(request).status, 304);
}

TEST(FetcherTest, RefusesAddressesThatAreNotPublic) {
  Origin origin([](const OriginRequest&) { return Answer(200, "secret"); });
  for (const char* host : {"127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    FetchRequest request = Allowed(origin.UrlAt(host, "/"));
    request.allowed_hosts = {"example.com"};
    const FetchResponse response = Fetch(request);
    EXPECT_EQ(response.failure, FetchFailure::kRefused) << host << ": " << response.message;
    EXPECT_NE(response.refused, AddressClass::kPublic) << host;
    EXPECT_EQ(response.body, "") << host;
  }
  EXPECT_TRUE(origin.TakeRequests().empty());
}

TEST(FetcherTest, ARedirectToAPrivateAddressIsRefused) {
  Origin inner([](const OriginRequest&) { return Answer(200, "secret"); });
  Origin outer([&](const OriginRequest&) {
    return Answer(302, "", "Location: " + inner.UrlAt("localhost", "/admin") + "\r\n");
  });
  const FetchResponse response = Fetch(Allowed(outer.Url("/")));
  EXPECT_EQ(response.failure, FetchFailure::kRefused) << response.message;
  ASSERT_EQ(response.redirects.size(), 1u);
  EXPECT_EQ(response.redirects[0].status, 302);
  EXPECT_TRUE(inner.TakeRequests().empty());
}

TEST(FetcherTest, RedirectsAreFollowedFiveTimesAndOnlyToPagesOnTheWeb) {
  Origin origin([](const OriginRequest& request) {
    if (request.path == "/file") return Answer(302, "", "Location: file:///etc/passwd\r\n");
    if (request.path == "/loop") return Answer(301, "", "Location: /loop\r\n");
    const int left = request.path[1] - '0';
    return left == 0 ? Answer(200, "end") : Answer(308, "moved", fmt::format("Location: {}\r\n", left - 1));
  });
  const FetchResponse five = Fetch(Allowed(origin.Url("/5")));
  EXPECT_EQ(five.body, "end") << five.message;
  EXPECT_EQ(five.redirects.size(), 5u);
  EXPECT_EQ(five.url, origin.Url("/0"));
  EXPECT_EQ(five.requests, 6);
  for (const char* path : {"/6", "/loop", "/file"})
    EXPECT_EQ(Fetch(Allowed(origin.Url(path))).failure, FetchFailure::kRedirects) << path;
}

TEST(FetcherTest, CredentialsGoToNoOtherHost) {
  Origin other([](const OriginRequest&) { return Answer(200, "end"); });
  Origin origin([&](const OriginRequest& request) {
    return Answer(302, "", request.path == "/own" ? "Location: /end\r\n" : "Location: " + other.Url("/x") + "\r\n");
  });
  FetchRequest request = Allowed(origin.Url("/"));
  request.authorization = "Bearer secret";
  Fetch(request);
  const auto first = origin.TakeRequests(), second = other.TakeRequests();
  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_TRUE(first[0].Says("authorization: bearer secret"));
  EXPECT_FALSE(second[0].Says("authorization"));
}

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(FetcherTest, LimitsHoldAfterDecompressionOnTheWireAndForHeaders) {
  Origin origin([](const OriginRequest& request) {
    if (request.path == "/bomb") return Answer(200, Gzip(std::string(8u << 20, 'a')), "Content-Encoding: gzip\r\n");
    if (request.path == "/large") return Answer(200, std::string(2u << 20, 'a'));
    if (request.path == "/headers") {
      std::string headers;
      for (int i = 0; i < 5000; ++i) headers += fmt::format("X-{}: {:060d}\r\n", i, i);
      return Answer(200, "x", headers);
    }
    return Answer(200, Gzip("small"), "Content-Encoding: gzip\r\n");
  });
  for (const char* path : {"/bomb", "/large", "/headers"}) {
    FetchRequest request = Allowed(origin.Url(path));
    request.max_bytes = 1u << 20;
    const FetchResponse response = Fetch(request);
    EXPECT_EQ(response.failure, FetchFailure::kTooLarge) << path << ": " << response.message;
    EXPECT_LE(response.body.size(), 1u << 20) << path;
  }
  EXPECT_EQ(Fetch(Allowed(origin.Url("/small"))).body, "small");
}

TEST(FetcherTest, BrokenAnswersAreFailures) {
  Origin origin([](const OriginRequest& request) -> std::string {
    if (request.path == "/cut") return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort";
    if (request.path == "/nothing") return "";
    if (request.path == "/noise") return std::string("\x00\x01\x02 no http\r\n\r\n", 15);
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
  });
  for (const char* path : {"/cut", "/nothing", "/noise", "/chunks"}) {
    const FetchResponse response = Fetch(Allowed(origin.Url(path)));
    EXPECT_NE(response.failure, FetchFailure::kNone) << path;
    EXPECT_NE(response.message, "") << path;
  }
  EXPECT_EQ(Fetch(Allowed("http://no-such-host.invalid/")).failure, FetchFailure::kUnresolved);
  EXPECT_EQ(Fetch(Allowed("ftp://127.0.0.1/")).failure, FetchFailure::kRefused);
}

TEST(FetcherTest, AHostGetsOneRequestAtATimeWithAPauseBetween) {
  Origin origin([](const OriginRequest&) { return Answer(200, "x"); });
  HttpFetcher fetcher(std::chrono::milliseconds(30));
  int done = 0;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 4; ++i) fetcher.Submit(Allowed(origin.Url("/")), [&](FetchResponse) { ++done; });
  for (int i = 0; i < 1000 && done < 4; ++i) fetcher.Run(std::chrono::milliseconds(20));
  EXPECT_EQ(done, 4);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(90));
  EXPECT_EQ(fetcher.pending(), 0u);
}

}  // namespace
}  // namespace ytterby
