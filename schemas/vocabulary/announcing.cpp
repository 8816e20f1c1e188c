#include "schemas/vocabulary/announcing.hpp"

#include <algorithm>

namespace ytterby {

const std::vector<std::string_view>& IssuingVerbs() {
  static const std::vector<std::string_view> verbs = {"印发", "发布",     "公布",     "下达", "下发", "出台", "颁布",
                                                      "签署", "审议通过", "表决通过", "通过", "公示", "公告"};
  return verbs;
}

bool IsAdoption(std::string_view verb) { return verb.find("通过") != std::string_view::npos; }

const std::vector<std::string_view>& CitingWords() {
  static const std::vector<std::string_view> words = {"根据", "按照", "依据", "依照", "为贯彻", "贯彻", "落实",
                                                      "遵照", "参照", "参考", "对照", "结合",   "列入", "纳入"};
  return words;
}

bool IsAuthority(std::string_view name) {
  static constexpr std::string_view kCompanies[] = {"公司", "集团", "大学", "企业", "工厂", "研究院", "银行"};
  static constexpr std::string_view kEnds[] = {"国务院", "部",     "委",   "委员会", "局",   "厅",   "署", "政府",
                                               "办公室", "办公厅", "协会", "学会",   "大会", "中央", "司", "标准委",
                                               "常委会", "总局",   "海关", "联盟",   "议会", "院",   "组", "科协"};
  if (name.ends_with(')')) name = name.substr(0, std::min(name.rfind('('), name.size()));
  if (name.size() < 6 || name.size() > 75) return false;
  if (std::any_of(std::begin(kCompanies), std::end(kCompanies),
                  [&](std::string_view company) { return name.find(company) != std::string_view::npos; })) {
    return false;
  }
  return std::any_of(std::begin(kEnds), std::end(kEnds), [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace ytterby
