#include "schemas/vocabulary/patent_labels.hpp"

namespace ytterby {

const std::array<std::string_view, kPatentFields>& PatentLabelPatterns() {
  static constexpr std::array<std::string_view, kPatentFields> kPatterns = {
      R"((?:发明创造|发明|专利|实用新型|外观设计)?名称)",
      R"((?:申请)?(?:公开|公布|公告|授权公告)(?:\((?:公告|公开|公布)\))?(?:日期|日))",
      R"((?:申请)?(?:公开|公布|公告|授权公告|专利)(?:\((?:公告|公开|公布)\))?号)",
      R"(发明\(设计\)人|发明人|设计人)",
      R"((?:专利|发明|技术)?摘要)",
      R"(申请\(专利\)号|申请号|主权项|主权利要求|权利要求|技术领域|说明书|国省代码|法律状态|申请日期|申请日|申请\(专利权\)人|申请人|专利权人|IPC分类号|分类号|代理人|代理机构|地址|优先权)"};
  return kPatterns;
}

}  // namespace ytterby
