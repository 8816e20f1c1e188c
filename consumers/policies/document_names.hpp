// Documents as a sentence names them. Text is folded; results are views into it.
#pragma once

#include <string_view>
#include <vector>

namespace ytterby {

struct Mention {
  std::string_view title;          // without the marks around it
  std::size_t begin = 0, end = 0;  // in the sentence, marks included
  bool quota = false;              // 总量控制指标, named without marks
};

// 《…》 (nested ones belong to their outer), “…” and bare 关于…的通知 where the name ends like a document's,
// 总量控制指标. In order.
std::vector<Mention> MentionsIn(std::string_view sentence);

// 关于印发X的通知 is about X; every other name is its own.
std::string_view OwnName(std::string_view name);

}  // namespace ytterby
