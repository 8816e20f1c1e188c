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

// Finds, in order: 《…》 (a nested one belongs to the outer), “…” and bare 关于…的通知 if the name ends like a
// document's, and 总量控制指标.
std::vector<Mention> MentionsIn(std::string_view sentence);

// Whether a name only says what kind of document is meant (文件, 通知, 方案), as short forms do.
bool IsKindAlone(std::string_view name);

// X for 关于印发X的通知, since the notice is about X; any other name unchanged.
std::string_view OwnName(std::string_view name);

}  // namespace ytterby
