// Exact decimals for money and quantities: never a double.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ytterby {

// A decimal number mantissa × 10^-scale, e.g. 416.16 is {41616, 2}. At most 18 digits; an operation that would need
// more gives no result.
class Decimal {
 public:
  static constexpr int kDigits = 18;

  Decimal() = default;
  Decimal(std::int64_t mantissa, int scale) : mantissa_(mantissa), scale_(scale) {}

  // Reads `[-+]digits[.digits]`, with or without commas between groups of three ("642,800"). nullopt above 18 digits
  // and for anything else, such as "1,2345", where the comma may be a damaged point or one digit may be too many.
  static std::optional<Decimal> Parse(std::string_view text);

  std::int64_t mantissa() const { return mantissa_; }
  int scale() const { return scale_; }
  bool negative() const { return mantissa_ < 0; }

  // The value times 10^power, exact and without trailing zeros: 40.76 shifted by 1 is 407.6, by -3 is 0.04076. nullopt
  // above 18 digits.
  std::optional<Decimal> ShiftedBy(int power) const;
  Decimal operator-() const { return {-mantissa_, scale_}; }
  // nullopt if the result needs more than 18 digits.
  std::optional<Decimal> Plus(const Decimal& other) const;
  std::optional<Decimal> Minus(const Decimal& other) const { return Plus(-other); }
  // Compares values, so 4.0 equals 4.00.
  int Compare(const Decimal& other) const;
  bool operator==(const Decimal& other) const { return Compare(other) == 0; }
  bool operator<(const Decimal& other) const { return Compare(other) < 0; }
  // |this - other| <= tolerance.
  bool Within(const Decimal& other, const Decimal& tolerance) const;

  // All its digits, as a JSON number: 407.6, -10.82, 4.00.
  std::string ToString() const;
  // Only for checks that divide; never stored.
  double ToDouble() const;

 private:
  std::int64_t mantissa_ = 0;
  int scale_ = 0;
};

}  // namespace ytterby
