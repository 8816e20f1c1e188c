#include "schemas/vocabulary/names.hpp"

#include "common/text/utf8.hpp"
#include "schemas/vocabulary/categories.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace ytterby {
namespace {

struct Place {
  std::string_view printed, region;
};

// Provinces first, then cities that rare-earth news names without their province.
constexpr Place kPlaces[] = {
    {"北京", "北京"},       {"天津", "天津"}, {"河北", "河北"},     {"山西", "山西"}, {"内蒙古", "内蒙古"},
    {"辽宁", "辽宁"},       {"吉林", "吉林"}, {"黑龙江", "黑龙江"}, {"上海", "上海"}, {"江苏", "江苏"},
    {"浙江", "浙江"},       {"安徽", "安徽"}, {"福建", "福建"},     {"江西", "江西"}, {"山东", "山东"},
    {"河南", "河南"},       {"湖北", "湖北"}, {"湖南", "湖南"},     {"广东", "广东"}, {"广西", "广西"},
    {"海南", "海南"},       {"重庆", "重庆"}, {"四川", "四川"},     {"贵州", "贵州"}, {"云南", "云南"},
    {"西藏", "西藏"},       {"陕西", "陕西"}, {"甘肃", "甘肃"},     {"青海", "青海"}, {"宁夏", "宁夏"},
    {"新疆", "新疆"},       {"香港", "香港"}, {"澳门", "澳门"},     {"台湾", "台湾"}, {"赣州", "江西"},
    {"包头", "内蒙古"},     {"凉山", "四川"}, {"龙岩", "福建"},     {"宁波", "浙江"}, {"南昌", "江西"},
    {"呼和浩特", "内蒙古"}, {"厦门", "福建"}, {"梧州", "广西"},     {"清远", "广东"}, {"济宁", "山东"},
    {"长沙", "湖南"},
};

// Cities of prefecture level, prefectures and leagues, by province: the administrative divisions as the state lists
// them. A name counts only with its kind (市, 州, 地区, 盟), because many are words too.
constexpr Place kShortNames[] = {
    {"闽", "福建"}, {"赣", "江西"}, {"粤", "广东"}, {"湘", "湖南"}, {"桂", "广西"}, {"川", "四川"},   {"滇", "云南"},
    {"黔", "贵州"}, {"皖", "安徽"}, {"苏", "江苏"}, {"浙", "浙江"}, {"鲁", "山东"}, {"豫", "河南"},   {"冀", "河北"},
    {"晋", "山西"}, {"陕", "陕西"}, {"陇", "甘肃"}, {"鄂", "湖北"}, {"辽", "辽宁"}, {"蒙", "内蒙古"},
};

struct Cities {
  std::string_view region, names;  // separated by spaces
};

constexpr Cities kCities[] = {
    {"河北", "石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水"},
    {"山西", "太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁"},
    {"内蒙古", "呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 兴安 锡林郭勒 阿拉善"},
    {"辽宁", "沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛"},
    {"吉林", "长春 四平 辽源 通化 白山 松原 白城 延边"},
    {"黑龙江", "哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 大兴安岭"},
    {"江苏", "南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁"},
    {"浙江", "杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水"},
    {"安徽", "合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城"},
    {"福建", "福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德"},
    {"江西", "南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶"},
    {"山东", "济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽"},
    {"河南", "郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店"},
    {"湖北", "武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施"},
    {"湖南", "长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西"},
    {"广东",
     "广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮"},
    {"广西", "南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左"},
    {"海南", "海口 三亚 三沙 儋州"},
    {"四川",
     "成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山"},
    {"贵州", "贵阳 六盘水 遵义 安顺 毕节 铜仁 黔西南 黔东南 黔南"},
    {"云南", "昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆"},
    {"西藏", "拉萨 日喀则 昌都 林芝 山南 那曲 阿里"},
    {"陕西", "西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛"},
    {"甘肃", "兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 临夏 甘南"},
    {"青海", "西宁 海东 海北 黄南 海南藏族 果洛 玉树 海西"},
    {"宁夏", "银川 石嘴山 吴忠 固原 中卫"},
    {"新疆", "乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 博尔塔拉 巴音郭楞 阿克苏 克孜勒苏 喀什 和田 伊犁 塔城 阿勒泰"},
};

struct Ending {
  std::string_view end, kind;
};

// The longest ending that fits decides; one without a kind is there so that a shorter one does not.
constexpr Ending kEndings[] = {
    {"总量控制指标", "quota"},
    {"标准制修订计划", "standard-plan"},
    {"标准计划", "standard-plan"},
    {"标准项目计划", "standard-plan"},
    {"标准", "standard"},
    {"条例", "regulation"},
    {"规定", "regulation"},
    {"办法", "regulation"},
    {"意见", "opinion"},
    {"规划", "plan"},
    {"计划", "plan"},
    {"方案", "plan"},
    {"行动", "plan"},
    {"目录", "catalogue"},
    {"清单", "catalogue"},
    {"通知", "notice"},
    {"公告", "notice"},
    {"公示", "notice"},
    {"法", "law"},
    {"方法", ""},
    {"做法", ""},
    {"算法", ""},
    {"手法", ""},
};

std::string_view WithoutBrackets(std::string_view title) {
  while (!title.empty()) {
    std::size_t open = std::string_view::npos;
    if (title.back() == ')') open = title.rfind('(');
    if (open == std::string_view::npos) break;
    title = title.substr(0, open);
  }
  return title;
}

// The city whose name ends `folded`, the longest if there are several, and its province; empty if there is none.
Place CityThatEnds(std::string_view folded) {
  Place found;
  for (const Cities& cities : kCities) {
    for (std::size_t begin = 0; begin < cities.names.size();) {
      const std::size_t end = std::min(cities.names.find(' ', begin), cities.names.size());
      const std::string_view name = cities.names.substr(begin, end - begin);
      begin = end + 1;
      if (name.size() > found.printed.size() && folded.ends_with(name)) found = {name, cities.region};
    }
  }
  return found;
}

}  // namespace

const std::vector<SeriesName>& AllSeries() {
  static const std::vector<SeriesName> series = {
      {"ionic-rare-earth-bulletin", "离子型稀土信息简报"},
      {"ionic-rare-earth-bulletin", "IonicRareEarthInformationBulletin"},
  };
  return series;
}

std::optional<std::string_view> SeriesIn(std::string_view folded) {
  for (const SeriesName& series : AllSeries()) {
    if (folded.find(series.printed) != std::string_view::npos) return series.id;
  }
  return std::nullopt;
}

bool HasImprintWord(std::string_view line) {
  return HasAnyWord(line, {"主办", "主编", "编辑", "地址", "电话", "传真", "邮编", "网址", "E-mail", "Email", "声明",
                           "版权", "联系人", "投稿"});
}

bool HasMastheadWord(std::string_view line) {
  return HasImprintWord(line) || HasAnyWord(line, {"出版", "协办", "承办"});
}

std::optional<std::string> RegionIn(std::string_view folded) {
  // The place named first decides.
  std::size_t first = std::string_view::npos;
  std::string_view region;
  for (const Place& place : kPlaces) {
    const std::size_t at = FindWord(folded, place.printed);
    if (at < first) {
      first = at;
      region = place.region;
    }
  }
  for (std::string_view kind : {"市", "州", "地区", "盟"}) {
    for (std::size_t at = FindWord(folded, kind); at != std::string_view::npos; at = FindWord(folded, kind, at + 1)) {
      const auto [name, of] = CityThatEnds(folded.substr(0, at));
      if (name.empty() || at - name.size() >= first) continue;
      first = at - name.size();
      region = of;
    }
  }
  // 闽西, 赣南: a province's short name with a direction.
  for (const Place& province : kShortNames) {
    for (std::size_t at = FindWord(folded, province.printed); at < first;
         at = FindWord(folded, province.printed, at + 3)) {
      if (!HasAnyWord(folded.substr(at + province.printed.size(), 3), {"东", "西", "南", "北", "中"})) continue;
      first = at;
      region = province.region;
    }
  }
  if (region.empty()) return std::nullopt;
  return std::string(region);
}

std::optional<std::string_view> PolicyKindByName(std::string_view folded_title) {
  std::string_view name = WithoutBrackets(folded_title);
  const Ending* best = nullptr;
  for (const Ending& ending : kEndings) {
    if (name.ends_with(ending.end) && (!best || ending.end.size() > best->end.size())) best = &ending;
  }
  // 标准…计划: a plan of standards, whatever is in between.
  if (best && best->kind == "plan" && name.find("标准") != std::string_view::npos && name.ends_with("计划")) {
    return "standard-plan";
  }
  if (best && !best->kind.empty()) return best->kind;
  return std::nullopt;
}

bool IsJournalColumn(std::string_view folded) {
  static constexpr std::array<std::string_view, 59> kColumns = {
      "综述",       "综合评述",   "评述",         "专论",     "特约综述",       "研究论文",   "论文",     "研究简报",
      "简报",       "研究通讯",   "通讯",         "行业动态", "产业与市场",     "市场",       "信息",     "动态",
      "专题",       "专栏",       "技术交流",     "应用技术", "分析测试",       "分析与检测", "材料科学", "材料与应用",
      "冶金",       "冶金与分离", "采选冶",       "选矿",     "化学与湿法冶金", "湿法冶金",   "火法冶金", "稀土应用",
      "分析检测",   "专题评述",   "技术应用",     "企业风采", "企业之窗",       "采选",       "采矿",     "冶炼",
      "选冶",       "加工",       "材料",         "机电",     "综合利用",       "轻金属",     "重金属",   "贵金属",
      "稀有金属",   "稀贵金属",   "轻金属与稀土", "功能材料", "稀土功能材料",   "稀土化学",   "催化",     "地质",
      "生物与农业", "农用稀土",   "简讯"};
  if (std::find(kColumns.begin(), kColumns.end(), folded) != kColumns.end() || CategoryFromPrinted(folded)) return true;
  // A short name of a field with one of these ends: 稀土功能材料与应用, 冶金材料.
  static constexpr std::string_view kEnds[] = {"与应用", "与材料", "与分离", "与检测", "与测试", "与冶金",
                                               "与开发", "与利用", "与设备", "与工艺", "与装备", "与环境",
                                               "与技术", "综述",   "专栏",   "专题",   "论文"};
  constexpr std::size_t kLongest = 33;
  return folded.size() <= kLongest && folded.find("的") == std::string_view::npos &&
         std::any_of(std::begin(kEnds), std::end(kEnds), [&](std::string_view end) { return folded.ends_with(end); });
}

std::optional<std::string_view> SellerIn(std::string_view folded) {
  static constexpr std::array<std::string_view, 12> kSellers = {"包钢股份", "北方稀土", "南方稀土", "中国稀土集团",
                                                                "盛和资源", "厦门钨业", "广晟有色", "赣州稀土",
                                                                "五矿稀土", "中铝稀土", "虔东稀土", "中国稀土"};
  for (std::string_view seller : kSellers) {
    if (folded.find(seller) != std::string_view::npos) return seller;
  }
  return std::nullopt;
}

std::string FullIssuer(std::string_view printed) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 1> kShort = {
      {{"工信部", "工业和信息化部"}}};
  std::string name(printed);
  for (const auto& [from, to] : kShort) {
    if (name.starts_with(from)) name.replace(0, from.size(), to);
  }
  static constexpr std::string_view kGovernment = "政府", kPeoples = "人民";
  const std::size_t at = name.find(kGovernment);
  if (at != std::string::npos && at > 0 &&
      (at < kPeoples.size() || name.substr(at - kPeoples.size(), kPeoples.size()) != kPeoples)) {
    name.insert(at, kPeoples);
  }
  return name;
}

}  // namespace ytterby
