#include "common/decimal.hpp"

#include <algorithm>
#include <cstdlib>

namespace ytterby {
namespace {

__extension__ using Int128 = __int128;

Int128 Power10(int exponent) {
  Int128 power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

// nullopt above 18 digits.
std::optional<Decimal> Checked(Int128 mantissa, int scale) {
  const Int128 limit = Power10(Decimal::kDigits);
  if (mantissa <= -limit || mantissa >= limit || scale > Decimal::kDigits) return std::nullopt;
  return Decimal(static_cast<std::int64_t>(mantissa), scale);
}

}  // namespace

// Repairs nothing: a comma that does not separate groups of three is damage, so the text is not a number.
std::optional<Decimal> Decimal::Parse(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  std::int64_t mantissa = 0;
  int significant = 0, scale = 0;
  std::size_t in_group = 0;  // digits since the last comma, or the beginning
  bool point = false, grouped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      if (mantissa != 0 || c != '0') ++significant;
      if (significant > kDigits) return std::nullopt;
      mantissa = mantissa * 10 + (c - '0');
      if (point && ++scale > kDigits) return std::nullopt;
      if (!point) ++in_group;
    } else if (c == '.' && !point && in_group > 0 && i + 1 < text.size() && (!grouped || in_group == 3)) {
      point = true;
    } else if (c == ',' && !point && (grouped ? in_group == 3 : in_group >= 1 && in_group <= 3)) {
      grouped = true;
      in_group = 0;
    } else {
      return std::nullopt;
    }
  }
  if (in_group == 0 || (grouped && !point && in_group != 3)) return std::nullopt;
  return Decimal(negative ? -mantissa : mantissa, scale);
}

std::optional<Decimal> Decimal::ShiftedBy(int power) const {
  Int128 mantissa = mantissa_;
  int scale = scale_ - power;
  if (scale < 0) {
    if (-scale > kDigits && mantissa != 0) return std::nullopt;
    mantissa *= mantissa == 0 ? 1 : Power10(-scale);
    scale = 0;
  }
  while (scale > 0 && mantissa % 10 == 0) {
    mantissa /= 10;
    --scale;
  }
  return Checked(mantissa, scale);
}

std::optional<Decimal> Decimal::Plus(const Decimal& other) const {
  const int scale = std::max(scale_, other.scale_);
  return Checked(mantissa_ * Power10(scale - scale_) + other.mantissa_ * Power10(scale - other.scale_), scale);
}

int Decimal::Compare(const Decimal& other) const {
  const int scale = scale_ > other.scale_ ? scale_ : other.scale_;
  const Int128 a = mantissa_ * Power10(scale - scale_), b = other.mantissa_ * Power10(scale - other.scale_);
  return a < b ? -1 : a > b ? 1 : 0;
}

bool Decimal::Within(const Decimal& other, const Decimal& tolerance) const {
  const auto difference = Minus(other);
  if (!difference) return false;  // far beyond any tolerance
  return (difference->negative() ? -*difference : *difference).Compare(tolerance) <= 0;
}

std::string Decimal::ToString() const {
  std::string digits = std::to_string(mantissa_ < 0 ? -mantissa_ : mantissa_);
  if (scale_ > 0) {
    if (digits.size() <= static_cast<std::size_t>(scale_)) digits.insert(0, scale_ + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale_, ".");
  }
  return mantissa_ < 0 ? "-" + digits : digits;
}

double Decimal::ToDouble() const {
  double value = static_cast<double>(mantissa_);
  for (int i = 0; i < scale_; ++i) value /= 10;
  return value;
}

}  // namespace ytterby
