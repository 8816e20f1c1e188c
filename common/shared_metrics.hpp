#pragma once

#include <cstdint>
#include <string>

namespace ytterby {

class Metrics;

// What both sides count, under one name and with one help.

// ytterby_errors_total, by stage and type (ops/runbook.md lists what is to be done).
void CountError(Metrics& metrics, const std::string& stage, const std::string& type);

// ytterby_dead_letters_waiting, those that are neither closed nor waived, and ytterby_dead_letters_oldest_seconds, 0 where there is none.
void SetWaitingLetters(Metrics& metrics, const std::string& consumer, const std::string& stage, std::int64_t count, double oldest_seconds);

}  // namespace ytterby
