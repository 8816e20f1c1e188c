// robots.txt (RFC 9309): what a site asks programs to leave alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ytterby {

class Robots {
 public:
  // Everything is allowed.
  Robots() = default;
  // The rules for `agent`, a product name without version, else those for *. Reads the first 500 KiB.
  Robots(std::string_view text, std::string_view agent);
  static Robots DisallowAll();

  // The longest rule that matches decides, an allowing one between equals. `path` begins with a slash and has the
  // query.
  bool Allows(std::string_view path) const { return !RuleAgainst(path); }
  // The pattern that forbids the path; null if nothing does.
  const std::string* RuleAgainst(std::string_view path) const;

 private:
  struct Rule {
    std::string pattern;
    bool allows = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace ytterby
