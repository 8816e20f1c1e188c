// Statements that a document was issued: a subject (the issuer), an issuing verb, an object (the document); or the
// document as subject.
#pragma once

#include <optional>
#include <string_view>

#include "consumers/policies/document_names.hpp"

namespace ytterby {

// All views are into the sentence.
struct Issued {
  std::string_view subject, verb;
  std::size_t verb_at = 0;
  bool authority = false;  // the subject names or means a public authority
};

// The document is the subject: 《X》自10月1日起施行, 《X》由Y发布.
struct Passive {
  std::string_view verb, issuer;
};

// The issuing that governs the mention: the last issuing verb before it, with only the object's attributes in between.
// nullopt if the document is only cited.
std::optional<Issued> IssuedBefore(std::string_view sentence, const Mention& mention);

// 6月9日，云南省人民政府办公厅关于印发X的通知: a notice named without marks, with its issuer before it and no other
// verb.
std::optional<Issued> IssuedByItself(std::string_view sentence, const Mention& mention);

// 《X》发布, 《X》正式施行, 《X》等两项国家标准，将于7月1日实施: the document is the subject.
std::optional<Passive> PassiveAfter(std::string_view sentence, const Mention& mention);

// X签署国务院令，公布《Y》: a clause without a subject takes the subject of the clause before it. `subject` is a part
// of `before`.
std::string_view SubjectOfClauseBefore(std::string_view before, std::string_view subject);

}  // namespace ytterby
