// The parts of the policies normaliser: each reads one kind of statement.
#pragma once

#include <vector>

#include "consumers/reading/section_text.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {

// --- announcements.cpp: documents that an authority issued, or that took effect

// Policy section: exactly one record, the article's own document. Industry news: every document that counts (SPEC,
// "Policies").
std::vector<Policy> ReadAnnouncements(const SectionText& text);

// --- quotas.cpp: production quota figures

std::vector<Quota> ReadQuotas(const SectionText& text, std::vector<Finding>& findings);

// --- standards.cpp: rows of standards tables

std::vector<Standard> ReadStandards(const SectionText& text, std::vector<Finding>& findings);

}  // namespace ytterby
