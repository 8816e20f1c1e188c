#include "producers/feeds/http/robots.hpp"

#include <algorithm>

namespace ytterby {
namespace {

constexpr std::size_t kMostBytes = 500u << 10;  // RFC 9309, 2.5
constexpr std::size_t kMostRules = 10'000;
constexpr std::size_t kLongestPattern = 256, kLongestPath = 2048;
constexpr std::ptrdiff_t kMostStars = 8;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameWord(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Octets that need no encoding are compared decoded, all others encoded in capitals (RFC 9309, 2.2.2).
std::string Comparable(std::string_view path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    auto byte = static_cast<unsigned char>(path[i]);
    bool encoded = byte >= 0x80;
    if (byte == '%' && i + 2 < path.size() && HexDigit(path[i + 1]) >= 0 && HexDigit(path[i + 2]) >= 0) {
      byte = static_cast<unsigned char>(HexDigit(path[i + 1]) * 16 + HexDigit(path[i + 2]));
      i += 2;
      const bool unreserved = (byte >= '0' && byte <= '9') ||
                              (Lower(static_cast<char>(byte)) >= 'a' && Lower(static_cast<char>(byte)) <= 'z') ||
                              byte == '-' || byte == '.' || byte == '_' || byte == '~';
      encoded = !unreserved;
    }
    if (encoded) {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += static_cast<char>(byte);
    }
  }
  return out;
}

// * stands for anything, $ at the end for the end. A star takes as little as possible, so the time is at most the
// product of both lengths, which are limited.
bool Matches(std::string_view pattern, std::string_view path) {
  const bool to_end = pattern.ends_with('$');
  if (to_end) pattern.remove_suffix(1);
  std::size_t p = 0, s = 0, star = std::string_view::npos, star_s = 0;
  while (true) {
    if (p == pattern.size() && (!to_end || s == path.size())) return true;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_s = s;
    } else if (p < pattern.size() && s < path.size() && pattern[p] == path[s]) {
      ++p;
      ++s;
    } else if (star != std::string_view::npos && star_s < path.size()) {
      p = star + 1;
      s = ++star_s;
    } else {
      return false;
    }
  }
}

}  // namespace

Robots::Robots(std::string_view text, std::string_view agent) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = text.substr(0, kMostBytes);
  std::vector<Rule> own, any;
  bool own_group = false, any_group = false, named = false, in_rules = true;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\r\n");
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = Trim(line.substr(0, line.find('#')));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = Trim(line.substr(0, colon)), value = Trim(line.substr(colon + 1));
    if (SameWord(key, "user-agent")) {
      if (in_rules) own_group = any_group = false;
      in_rules = false;
      any_group = any_group || value == "*";
      if (SameWord(value.substr(0, value.find('/')), agent)) own_group = named = true;
    } else if (SameWord(key, "allow") || SameWord(key, "disallow")) {
      in_rules = true;
      if (value.empty() || value.size() > kLongestPattern) continue;
      if (std::count(value.begin(), value.end(), '*') > kMostStars) continue;
      const Rule rule{Comparable(value), SameWord(key, "allow")};
      if (own_group && own.size() < kMostRules) own.push_back(rule);
      if (any_group && any.size() < kMostRules) any.push_back(rule);
    }
  }
  rules_ = named ? std::move(own) : std::move(any);
}

Robots Robots::DisallowAll() {
  Robots robots;
  robots.rules_.push_back({"/", false});
  return robots;
}

const std::string* Robots::RuleAgainst(std::string_view path) const {
  const std::string comparable = Comparable(path.substr(0, kLongestPath));
  const Rule* best = nullptr;
  for (const Rule& rule : rules_) {
    if (!Matches(rule.pattern, comparable)) continue;
    if (!best || rule.pattern.size() > best->pattern.size() ||
        (rule.pattern.size() == best->pattern.size() && rule.allows))
      best = &rule;
  }
  return best && !best->allows ? &best->pattern : nullptr;
}

}  // namespace ytterby
