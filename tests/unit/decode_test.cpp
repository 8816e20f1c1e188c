#include "producers/documents/decode.hpp"

#include <gtest/gtest.h>
#include <unicode/ucnv.h>

namespace ytterby {
namespace {

const std::string kText =
    "离子型稀土信息简报 2024年 第01期\r\n氧化镝 ≥99% 的价格，7 "
    "月份上涨。\n第二行写一些普通的汉字，让编码的判断有所依据。\n";

std::string Encode(const char* charset, const std::string& text) {
  UErrorCode error = U_ZERO_ERROR;
  std::string out(text.size() * 3 + 16, '\0');
  const int size = ucnv_convert(charset, "UTF-8", out.data(), static_cast<int>(out.size()), text.data(),
                                static_cast<int>(text.size()), &error);
  EXPECT_TRUE(U_SUCCESS(error));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

TEST(DecodeTest, ReadsEveryCharacterSetToTheSameText) {
  EXPECT_EQ(DecodeDocument(kText)->text, kText);
  EXPECT_EQ(DecodeDocument("\xEF\xBB\xBF" + kText)->text, kText);
  EXPECT_EQ(DecodeDocument("\xEF\xBB\xBF" + kText)->encoding, "utf-8-bom");
  EXPECT_EQ(DecodeDocument(Encode("gb18030", kText))->text, kText);
  EXPECT_EQ(DecodeDocument(Encode("gb18030", kText))->encoding, "gb18030");
  EXPECT_EQ(DecodeDocument("\xFF\xFE" + Encode("UTF-16LE", kText))->text, kText);
  EXPECT_EQ(DecodeDocument("\xFE\xFF" + Encode("UTF-16BE", kText))->text, kText);
  EXPECT_EQ(DecodeDocument(Encode("UTF-16LE", kText))->encoding, "utf-16le");
}

TEST(DecodeTest, LocatesDamage) {
  std::string damaged = kText;
  damaged.replace(damaged.find("第二行"), 3, "\xFF\x80\x80");
  for (int i = 0; i < 20; ++i) damaged += kText;
  const auto decoded = DecodeDocument(damaged);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->notices.size(), 1u);  // three adjacent damaged bytes count as one place
  EXPECT_EQ(decoded->notices[0].span->size(), 9u);
  EXPECT_EQ(decoded->notices[0].check, "decode-damage");
  EXPECT_NE(decoded->notices[0].message.find("line 3"), std::string::npos) << decoded->notices[0].message;
  EXPECT_EQ(decoded->text.substr(decoded->notices[0].span->begin, 3), "\xEF\xBF\xBD");
}

TEST(DecodeTest, ReplacesNulWithAFinding) {
  std::string text = kText + kText + kText;
  text[text.find(' ')] = '\0';
  const auto decoded = DecodeDocument(text);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text.find('\0'), std::string::npos);
  EXPECT_EQ(decoded->notices.size(), 1u);
}

TEST(DecodeTest, RejectsWithTheReason) {
  EXPECT_EQ(DecodeDocument("").error().reason, RejectReason::kEmpty);
  EXPECT_EQ(DecodeDocument(" \n\t\r\n").error().reason, RejectReason::kEmpty);
  EXPECT_EQ(DecodeDocument("%PDF-1.4 ...").error().reason, RejectReason::kBinary);
  std::string binary;
  for (int i = 0; i < 4000; ++i) binary += static_cast<char>(i * 7);
  EXPECT_EQ(DecodeDocument(binary).error().reason, RejectReason::kBinary);
  EXPECT_EQ(DecodeDocument(Encode("Shift_JIS", "これは日本語の文章です。カタカナとひらがなが多い。") +
                           std::string(40, '\xFD'))
                .error()
                .reason,
            RejectReason::kUnknownEncoding);
}

}  // namespace
}  // namespace ytterby
