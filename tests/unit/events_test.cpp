#include <gtest/gtest.h>

#include "schemas/events/manifest.hpp"
#include "schemas/events/section.hpp"
#include "tests/support/logged.hpp"

namespace ytterby {
namespace {

using testing::Logged;

Section MakeSection() {
  Section section;
  section.document = {Sha256("document")};
  section.text_digest = {Sha256("text")};
  section.splitter_version = 1;
  section.issue = {"ionic-rare-earth-bulletin", "2024-01"};
  section.ordinal = 3;
  section.category = Category::kMarket;
  section.layout = {Look::kPdfText, true, true, 72};
  section.document_span = {100, 200};
  section.furniture = {{6, 7}};
  section.title = "标题";
  section.title_span = {0, 6};
  section.body_span = {7, 13};
  section.source = "来源\"甲\"";
  section.source_span = Span{10, 13};
  section.notices = {{"source-missing", "warning", "why", Span{3, 6}}};
  section.text = "标题\n正文\t\x01";
  section.id = MakeSectionId(section.document, section.text_digest, 1, section.issue, 3);
  return section;
}

TEST(EventsTest, ASectionSurvivesTheLog) {
  const Section section = MakeSection();
  const OutgoingRecord out = EncodeSection(section, "/feeds/test", "2024-01-01T00:00:00.000Z");
  EXPECT_EQ(out.topic, "bulletin.sections.market");
  EXPECT_EQ(out.key, "ionic-rare-earth-bulletin/2024-01");
  EXPECT_EQ(*FindHeader(out.headers, "ce_id"), section.id.Hex());
  EXPECT_EQ(*FindHeader(out.headers, "ce_specversion"), "1.0");
  const auto read = DecodeSection(Logged(out));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->id, section.id);
  EXPECT_EQ(read->text, section.text);
  EXPECT_EQ(read->layout, section.layout);
  EXPECT_EQ(read->furniture, section.furniture);
  EXPECT_EQ(read->source, section.source);
  EXPECT_EQ(read->notices.at(0).message, "why");
}

TEST(EventsTest, AForgedOrBrokenSectionIsRefused) {
  LogRecord record = Logged(EncodeSection(MakeSection(), "/feeds/test", ""));
  LogRecord other = record;
  for (auto& [name, value] : other.headers) {
    if (name == "ce_id") value = Sha256("other").Hex();
  }
  EXPECT_EQ(DecodeSection(other).error().kind, ErrorKind::kBadData);
  other = record;
  other.value.resize(other.value.size() / 2);
  EXPECT_EQ(DecodeSection(other).error().kind, ErrorKind::kBadData);
  other = record;
  other.headers.clear();
  EXPECT_EQ(DecodeSection(other).error().kind, ErrorKind::kBadData);
}

// Every reader cuts the text at these places: each has to be inside it and between two characters.
TEST(EventsTest, ASpanThatCutsACharacterOrLeavesTheTextIsRefused) {
  const auto end = static_cast<std::uint32_t>(MakeSection().text.size());
  for (const Span wrong : {Span{7, 12}, Span{8, 13}, Span{7, end + 1}, Span{end + 1, end + 2}, Span{13, 7}}) {
    for (int field = 0; field < 5; ++field) {
      Section section = MakeSection();
      if (field == 0) section.title_span = wrong;
      if (field == 1) section.body_span = wrong;
      if (field == 2) section.source_span = wrong;
      if (field == 3) section.furniture = {wrong};
      if (field == 4) section.notices[0].span = wrong;
      const auto read = DecodeSection(Logged(EncodeSection(section, "/feeds/test", "")));
      ASSERT_FALSE(read) << field << ": " << wrong.begin << " " << wrong.end;
      EXPECT_EQ(read.error().kind, ErrorKind::kBadData);
      EXPECT_NE(read.error().message.find("is outside its text or cuts a character"), std::string::npos)
          << read.error().message;
    }
  }
}

TEST(EventsTest, AManifestSurvivesTheLogAndItsIdFollowsFromTheDelivery) {
  Manifest manifest;
  manifest.document = {Sha256("document")};
  manifest.text_digest = {Sha256("text")};
  manifest.splitter_version = 1;
  manifest.feed = "inbox";
  manifest.name = "2024/01.txt";
  manifest.fetched_at = "2024-02-01T00:00:00.000Z";
  manifest.issues = {{{"s", "2024-01"}, false, {{{Sha256("a")}, Category::kAbstracts, 0}}}};
  manifest.id = MakeManifestId(manifest);
  const auto read = DecodeManifest(Logged(EncodeManifest(manifest)));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->id, manifest.id);
  EXPECT_FALSE(read->issues.at(0).whole);
  EXPECT_EQ(read->issues.at(0).sections.at(0).category, Category::kAbstracts);
  Manifest later = manifest;
  later.fetched_at = "2030-01-01T00:00:00.000Z";
  EXPECT_EQ(MakeManifestId(later), manifest.id);  // the id does not depend on a clock
  later.revision = 2;
  EXPECT_NE(MakeManifestId(later), manifest.id);
}

}  // namespace
}  // namespace ytterby
