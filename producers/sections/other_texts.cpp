#include "producers/sections/other_texts.hpp"

#include "common/text/fold.hpp"
#include "common/text/utf8.hpp"
#include "schemas/vocabulary/names.hpp"

namespace ytterby {
namespace {

// A web page's mark-up is not the text that a reader sees.
bool IsHtml(std::string_view text) {
  const std::string_view head = TrimSpace(text.substr(0, 2000));
  if (!head.starts_with('<')) return false;
  for (std::string_view tag : {"<html", "<HTML", "<!DOCTYPE", "<!doctype", "<p>", "<div", "<body", "<?xml"}) {
    if (head.find(tag) != std::string_view::npos) return true;
  }
  return false;
}

bool ContainsSeries(std::string_view text, const LineTable& table) {
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    if (table.known[i].kind == LineKind::kRunningHeader && SeriesIn(FoldKey(table.lines[i].In(text)))) return true;
  }
  return text.find("离子型稀土信息简报") != std::string_view::npos;
}

// A bulletin without its title is recognised by its closing lines and its subject.
bool IsRareEarthTrade(std::string_view text, const std::vector<SourceMark>& marks) {
  std::size_t named = 0;
  for (std::size_t at = text.find("稀土"); at != std::string_view::npos; at = text.find("稀土", at + 1)) ++named;
  return marks.size() >= 2 && named >= marks.size();
}

// Chinese text may contain names, formulas and whole references in Latin letters. A program or a log that quotes a
// bulletin has more than three letters per Chinese character. Table tags (<td>) do not count as text.
bool IsChinese(std::string_view text) {
  const auto is_letter = [](char byte) {
    const auto lower = static_cast<unsigned char>(static_cast<unsigned char>(byte) | 0x20);
    return lower >= 'a' && lower <= 'z';
  };
  std::size_t letters = 0, characters = 0;
  // In blocks whose counts fit in a byte, so that the compiler counts many bytes at once.
  constexpr std::size_t kBlock = 255;
  for (std::size_t at = 0; at < text.size(); at += kBlock) {
    unsigned char block_letters = 0, block_characters = 0;
    for (const char byte : text.substr(at, kBlock)) {
      const auto b = static_cast<unsigned char>(byte);
      block_letters = static_cast<unsigned char>(block_letters + is_letter(byte));
      block_characters =
          static_cast<unsigned char>(block_characters + (b >= 0xE3 && b <= 0xE9));  // lead bytes of U+3000 to U+9FFF
    }
    letters += block_letters;
    characters += block_characters;
  }
  if (characters * 3 >= letters) return true;
  bool tag = false;
  for (const char byte : text) {
    if (byte == '<' || byte == '>' || byte == '\n') tag = byte == '<';
    letters -= tag && is_letter(byte);
  }
  return characters * 3 >= letters;
}

}  // namespace

std::optional<Rejection> RefuseMarkup(std::string_view text) {
  if (!IsHtml(text)) return std::nullopt;
  return Rejection{RejectReason::kNoBulletin, "a web page's mark-up, not its text; feed the text"};
}

std::optional<Rejection> RefuseOtherText(std::string_view text, const LineTable& table,
                                         const std::vector<SourceMark>& marks) {
  if (!ContainsSeries(text, table) && !IsRareEarthTrade(text, marks)) {
    return Rejection{RejectReason::kNoBulletin,
                     "neither the series title nor closing （来源：…） lines of a rare-earth bulletin were found"};
  }
  if (!IsChinese(text)) {
    return Rejection{RejectReason::kNoBulletin, "it quotes a bulletin, but most of it is not Chinese text"};
  }
  return std::nullopt;
}

}  // namespace ytterby
