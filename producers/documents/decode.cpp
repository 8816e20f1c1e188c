#include "producers/documents/decode.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <unicode/ucnv.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "common/text/html_depth.hpp"
#include "common/text/utf8.hpp"
#include "producers/documents/html_text.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kMaxNotices = 20;

struct ConverterClose {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, ConverterClose>;

Rejection Reject(RejectReason reason, std::string message) { return {reason, std::move(message)}; }

// The length of the UTF-8 sequence at `at`, 0 when it is invalid.
std::size_t SequenceLength(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned char first = byte(at);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return tail(at + 1) ? 2 : 0;
  if (first >= 0xE0 && first < 0xF0) {
    if (!tail(at + 1) || !tail(at + 2)) return 0;
    if (first == 0xE0 && byte(at + 1) < 0xA0) return 0;
    if (first == 0xED && byte(at + 1) >= 0xA0) return 0;
    return 3;
  }
  if (first >= 0xF0 && first < 0xF5) {
    if (!tail(at + 1) || !tail(at + 2) || !tail(at + 3)) return 0;
    if (first == 0xF0 && byte(at + 1) < 0x90) return 0;
    if (first == 0xF4 && byte(at + 1) >= 0x90) return 0;
    return 4;
  }
  return 0;
}

struct Repaired {
  std::string text;
  std::vector<std::uint32_t> damage;  // offsets of U+FFFD in `text`
};

Repaired RepairUtf8(std::string_view bytes) {
  Repaired out;
  out.text.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    if (const std::size_t length = SequenceLength(bytes, at)) {
      out.text.append(bytes, at, length);
      at += length;
    } else {
      out.damage.push_back(static_cast<std::uint32_t>(out.text.size()));
      out.text += "\xEF\xBF\xBD";
      ++at;
    }
  }
  return out;
}

// Converts with ICU; every sequence it cannot map becomes U+FFFD.
std::optional<Repaired> Convert(std::string_view bytes, const char* charset) {
  UErrorCode error = U_ZERO_ERROR;
  const Converter from(ucnv_open(charset, &error));
  const Converter to(ucnv_open("UTF-8", &error));
  if (U_FAILURE(error)) return std::nullopt;
  Repaired out;
  out.text.resize(bytes.size() * 2 + 16);
  char* target = out.text.data();
  const char* source = bytes.data();
  std::vector<UChar> pivot(8192);
  UChar *pivot_source = pivot.data(), *pivot_target = pivot.data();
  ucnv_convertEx(to.get(), from.get(), &target, out.text.data() + out.text.size(), &source, bytes.data() + bytes.size(),
                 pivot.data(), &pivot_source, &pivot_target, pivot.data() + pivot.size(), true, true, &error);
  if (U_FAILURE(error)) return std::nullopt;
  out.text.resize(static_cast<std::size_t>(target - out.text.data()));
  for (std::size_t at = out.text.find("\xEF\xBF\xBD"); at != std::string::npos;
       at = out.text.find("\xEF\xBF\xBD", at + 3)) {
    out.damage.push_back(static_cast<std::uint32_t>(at));
  }
  return out;
}

// The share of the non-ASCII characters that Chinese text is made of: common ideographs and full-width punctuation.
double ChineseShare(std::string_view text) {
  std::size_t all = 0, chinese = 0;
  for (std::size_t at = 0; at < text.size() && all < 20000;) {
    const CodePoint c = DecodeUtf8(text, at);
    at += c.length;
    if (c.value < 0x80) continue;
    ++all;
    chinese += (c.value >= 0x4E00 && c.value <= 0x9FA5) || (c.value >= 0x3000 && c.value <= 0x3011) ||
               (c.value >= 0xFF01 && c.value <= 0xFF5E) || (c.value >= 0x2010 && c.value <= 0x2030);
  }
  return all == 0 ? 0 : static_cast<double>(chinese) / static_cast<double>(all);
}

// The share of the ideographs that are among the most frequent in written Chinese. Bytes of another character set, read
// as GB18030, also give ideographs, but rare ones.
double FrequentShare(std::string_view text) {
  static constexpr std::u32string_view kFrequent =
      U"的一是了在不有和人这中大为上个国以要时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行"
      U"学法所民得经十三"
      U"之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日"
      U"那社义事平形相";
  std::size_t ideographs = 0, frequent = 0;
  for (std::size_t at = 0; at < text.size() && ideographs < 5000;) {
    const CodePoint c = DecodeUtf8(text, at);
    at += c.length;
    if (!IsHan(c.value)) continue;
    ++ideographs;
    frequent += kFrequent.find(c.value) != std::u32string_view::npos;
  }
  return ideographs == 0 ? 0 : static_cast<double>(frequent) / static_cast<double>(ideographs);
}

bool LooksBinary(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 1 << 16);
  std::size_t control = 0;
  for (char c : head) {
    const unsigned char byte = static_cast<unsigned char>(c);
    control += (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f') || byte == 0x7F;
  }
  return control * 100 > head.size() * 2;
}

// In UTF-16 without a BOM, every second byte of the ASCII characters is zero.
const char* GuessUtf16(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 4096);
  std::size_t even = 0, odd = 0;
  for (std::size_t i = 0; i + 1 < head.size(); i += 2) {
    even += head[i] == 0;
    odd += head[i + 1] == 0;
  }
  if (bytes.size() % 2 != 0) return nullptr;
  // Some Chinese characters have a zero byte too (一 is 4E00), so one side must clearly outweigh the other.
  const std::size_t least = std::max<std::size_t>(8, head.size() / 100);
  if (odd > least && odd > 6 * even) return "UTF-16LE";
  if (even > least && even > 6 * odd) return "UTF-16BE";
  return nullptr;
}

void ReportDamage(const std::vector<std::uint32_t>& damage, DecodedText& out) {
  std::size_t line = 1, counted = 0;
  // Adjacent damaged characters count as one place.
  std::vector<Span> places;
  for (std::uint32_t at : damage) {
    if (!places.empty() && places.back().end == at) {
      places.back().end = at + 3;
    } else {
      places.push_back({at, at + 3});
    }
  }
  for (std::size_t i = 0; i < places.size() && i < kMaxNotices; ++i) {
    const Span place = places[i];
    line += static_cast<std::size_t>(
        std::count(out.text.begin() + static_cast<std::ptrdiff_t>(counted), out.text.begin() + place.begin, '\n'));
    counted = place.begin;
    std::string message = fmt::format("line {}: bytes that are no {} text were replaced by U+FFFD", line, out.encoding);
    if (i + 1 == kMaxNotices && places.size() > kMaxNotices)
      message += fmt::format(" (and {} places more)", places.size() - kMaxNotices);
    out.notices.push_back({"decode-damage", "warning", std::move(message), place});
  }
}

DecodedText Finish(Repaired repaired, std::string encoding) {
  DecodedText out{std::move(repaired.text), std::move(encoding), {}};
  if (std::memchr(out.text.data(), 0, out.text.size())) {
    std::string text;
    text.reserve(out.text.size() + 64);
    for (char c : out.text) {
      if (c != 0) {
        text += c;
      } else {
        repaired.damage.push_back(static_cast<std::uint32_t>(text.size()));
        text += "\xEF\xBF\xBD";
      }
    }
    out.text = std::move(text);
    repaired.damage.clear();
    for (std::size_t at = out.text.find("\xEF\xBF\xBD"); at != std::string::npos;
         at = out.text.find("\xEF\xBF\xBD", at + 3)) {
      repaired.damage.push_back(static_cast<std::uint32_t>(at));
    }
  }
  ReportDamage(repaired.damage, out);
  return out;
}

tl::expected<DecodedText, Rejection> FinishConverted(std::string_view bytes, const char* charset, std::string name) {
  auto converted = Convert(bytes, charset);
  if (!converted || converted->damage.size() * 50 > converted->text.size()) {
    return tl::unexpected<Rejection>(
        Reject(RejectReason::kUnknownEncoding, fmt::format("begins like {}, but is not valid", name)));
  }
  return Finish(std::move(*converted), std::move(name));
}

tl::expected<DecodedText, Rejection> DecodeBytes(std::string_view bytes) {
  const std::string_view text = bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(3) : bytes;
  if (text.find_first_not_of(" \t\r\n\f") == std::string_view::npos || TrimAnySpace(text).empty()) {
    return tl::unexpected<Rejection>(Reject(RejectReason::kEmpty, "the document is empty"));
  }
  if (bytes.starts_with("\xFF\xFE")) return FinishConverted(bytes.substr(2), "UTF-16LE", "utf-16le");
  if (bytes.starts_with("\xFE\xFF")) return FinishConverted(bytes.substr(2), "UTF-16BE", "utf-16be");
  if (bytes.starts_with("%PDF-")) {
    return tl::unexpected<Rejection>(Reject(RejectReason::kBinary, "a PDF file; feed its text (pdftotext FILE)"));
  }
  if (const char* charset = GuessUtf16(bytes)) {
    return FinishConverted(bytes, charset, std::strcmp(charset, "UTF-16LE") == 0 ? "utf-16le" : "utf-16be");
  }
  if (LooksBinary(bytes))
    return tl::unexpected<Rejection>(Reject(RejectReason::kBinary, "not text: too many control bytes"));
  const bool bom = bytes.starts_with("\xEF\xBB\xBF");
  const std::string_view body = bom ? bytes.substr(3) : bytes;
  if (simdjson::validate_utf8(body.data(), body.size())) {
    return Finish({std::string(body), {}}, bom ? "utf-8-bom" : "utf-8");
  }
  Repaired utf8 = RepairUtf8(body);
  if (bom || utf8.damage.size() * 200 <= body.size()) return Finish(std::move(utf8), bom ? "utf-8-bom" : "utf-8");
  auto gb = Convert(body, "gb18030");
  if (gb && gb->damage.size() * 200 <= gb->text.size() && ChineseShare(gb->text) >= 0.9 &&
      FrequentShare(gb->text) >= 0.1)
    return Finish(std::move(*gb), "gb18030");
  const std::size_t line =
      1 + static_cast<std::size_t>(std::count(utf8.text.begin(), utf8.text.begin() + utf8.damage.front(), '\n'));
  return tl::unexpected<Rejection>(
      Reject(RejectReason::kUnknownEncoding,
             fmt::format("not UTF-8 (from line {} on, {} invalid bytes), GB18030 or UTF-16; convert it to UTF-8", line,
                         utf8.damage.size())));
}

}  // namespace

tl::expected<DecodedText, Rejection> DecodeDocument(std::string_view bytes) {
  auto decoded = DecodeBytes(bytes);
  if (!decoded || !IsHtmlPage(decoded->text)) return decoded;
  if (HtmlDepth(decoded->text) > kDeepestHtml) {
    return tl::unexpected<Rejection>(
        Reject(RejectReason::kBinary, fmt::format("a web page that nests more than {} elements", kDeepestHtml)));
  }
  Repaired text{TextOfHtml(decoded->text), {}};
  if (TrimAnySpace(text.text).empty())
    return tl::unexpected<Rejection>(Reject(RejectReason::kEmpty, "the web page has no text"));
  constexpr std::string_view kReplaced = "\xEF\xBF\xBD";
  for (std::size_t at = text.text.find(kReplaced); at != std::string::npos; at = text.text.find(kReplaced, at + 3))
    text.damage.push_back(static_cast<std::uint32_t>(at));
  return Finish(std::move(text), std::move(decoded->encoding));
}

}  // namespace ytterby
