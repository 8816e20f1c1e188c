#include "common/decimal.hpp"

#include <cstdlib>

namespace ytterby {
namespace {

__extension__ using Int128 = __int128;

Int128 Power10(int exponent) {
  Int128 power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

}  // namespace

std::optional<Decimal> Decimal::Parse(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  std::int64_t mantissa = 0;
  int digits = 0, scale = 0;
  bool point = false, any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      any = true;
      if (mantissa != 0 || c != '0') ++digits;
      if (digits > 18) return std::nullopt;
      mantissa = mantissa * 10 + (c - '0');
      if (point && ++scale > 18) return std::nullopt;
    } else if (c == '.' && !point && any && i + 1 < text.size()) {
      point = true;
    } else if (c == ',' && !point && any && i + 4 <= text.size()) {
      continue;
    } else {
      return std::nullopt;
    }
  }
  if (!any) return std::nullopt;
  return Decimal(negative ? -mantissa : mantissa, scale);
}

Decimal Decimal::ShiftedBy(int power) const {
  if (power > scale_) return {static_cast<std::int64_t>(mantissa_ * Power10(power - scale_)), 0};
  Decimal shifted{mantissa_, scale_ - power};
  while (shifted.scale_ > 0 && shifted.mantissa_ % 10 == 0) {
    shifted.mantissa_ /= 10;
    --shifted.scale_;
  }
  return shifted;
}

Decimal Decimal::operator+(const Decimal& other) const {
  const int scale = scale_ > other.scale_ ? scale_ : other.scale_;
  const Int128 sum = mantissa_ * Power10(scale - scale_) + other.mantissa_ * Power10(scale - other.scale_);
  return {static_cast<std::int64_t>(sum), scale};
}

int Decimal::Compare(const Decimal& other) const {
  const int scale = scale_ > other.scale_ ? scale_ : other.scale_;
  const Int128 a = mantissa_ * Power10(scale - scale_), b = other.mantissa_ * Power10(scale - other.scale_);
  return a < b ? -1 : a > b ? 1 : 0;
}

bool Decimal::Within(const Decimal& other, const Decimal& tolerance) const {
  Decimal difference = *this - other;
  if (difference.negative()) difference = -difference;
  return difference.Compare(tolerance) <= 0;
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
