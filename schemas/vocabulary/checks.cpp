#include "schemas/vocabulary/checks.hpp"

namespace ytterby {

const std::vector<Check>& AllChecks() {
  using enum RecordKind;
  static const std::vector<Check> checks = {
      {"row-change", {kPrice}, "table", "a table row's change follows from its two prices, within 0.011 points"},
      {"narrative-table", {kPrice}, "sentence", "a sentence's average is a tenth of the table's, within 0.05 yuan a kilogram"},
      {"name-repaired", {kPrice}, "", "the printed name is the product's own"},
      {"name-damaged", {kPrice}, "", "the printed name is a product's, or evidence decides which is meant"},
      {"row-damaged", {kPrice}, "table", "a row's cells fit the table's header"},
      {"row-twice", {kPrice}, "table", "no row of a table stands twice, one under the other"},
      {"unit-assumed", {kPrice}, "table", "the table names its unit"},
      {"missing-column", {kPrice}, "table", "the table has a purity, a change, and two months"},
      {"duplicate-column", {kPrice}, "table", "no two columns of the table say the same month"},
      {"table-rows", {kPrice}, "table", "the association's table has its 21 rows"},
      {"table-too-long", {kPrice}, "table", "a table has no more rows than are read"},
      {"table-unread", {kPrice}, "", "lines that look like a price table have a header that names their columns"},
      {"neighbour-value", {kPrice}, "table", "an issue before prints the same price for the same product and month"},
      {"neighbour-name", {kPrice}, "table", "a name that evidence decided is the product that had this price in an issue before"},
      {"price-without-time", {kPrice}, "sentence", "a price says of which day, month or statistic it is"},
      {"range-without-mean", {kPrice}, "sentence", "a price range prints its mean"},
      {"unlisted-product", {kPrice}, "", "a priced product is one of the listed"},
      {"index-order", {kIndex}, "", "high, mean and low of an index are in order"},
      {"index-spread", {kIndex}, "", "the spread is high minus low"},
      {"index-fluctuation", {kIndex}, "", "the fluctuation is (high - low) / mean, within 0.06 points"},
      {"index-distance", {kIndex}, "", "how far an index is from its extremes follows from the points, within 0.011 points of a percent"},
      {"patent-number", {kPatent}, "", "a publication number's length, first digit and kind agree"},
      {"patent-date", {kPatent}, "", "the publication date is a day"},
      {"patent-unread", {kPatent}, "", "a brief has labelled fields"},
      {"quota-sum", {kQuota}, "", "the groups of a quota table add up to its total"},
      {"quota-inside", {kQuota}, "", "the rows inside a group are no more than the group"},
      {"quota-parts", {kQuota}, "", "rock-type and ionic mining add up to the mining"},
      {"quota-table", {kQuota}, "", "a sentence's quota is the table's"},
      {"quota-undecided", {kQuota}, "", "a quota row's numbers fit its columns in one way only"},
      {"unread", {}, "", "numbers that look like prices, documents or figures of a market are in a record, or left out by a rule"},
      {"source-missing", {kArticle}, "", "an article is closed by its source line"},
      {"category-guessed", {kArticle}, "", "a heading, the contents or many words settle the article's category"},
      {"cut-off", {}, "", "the document is whole: its last article closed, every category of the contents there"},
      {"issue-number", {}, "", "the document prints one issue number"},
      {"issue-twice", {}, "", "an issue stands in a document once"},
      {"decode-damage", {}, "", "all bytes are text of the document's character set"},
      {"edition-choice", {}, "", "no differently named document of equal priority was there to choose"},
      {"incomplete", {}, "", "all sections of the edition are stored"},
  };
  return checks;
}

}  // namespace ytterby
