// Shorthands for the store queries that tests use.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "consumers/stores/store.hpp"

namespace ytterby::testing {

// Every letter of a consumer, in any state, with its bytes, in order.
inline std::vector<DeadLetter> AllLetters(Store& store, const std::string& consumer) {
  std::vector<DeadLetter> letters;
  LetterQuery query{.consumer = consumer, .every_state = true, .limit = 2};  // several pages
  while (true) {
    const auto page = store.letters().List(query);
    EXPECT_TRUE(page) << page.error().message;
    if (!page || page->empty()) return letters;
    for (const DeadLetter& listed : *page) {
      const auto whole = store.letters().Find(consumer, listed.id);
      EXPECT_TRUE(whole && *whole);
      if (whole && *whole) letters.push_back(**whole);
    }
    query.after = page->back();
  }
}

inline std::unique_ptr<Snapshot> Now(Store& store, const Scope& scope = {}) {
  auto snapshot = store.OpenSnapshot(scope);
  EXPECT_TRUE(snapshot) << snapshot.error().message;
  return snapshot ? std::move(*snapshot) : nullptr;
}

}  // namespace ytterby::testing
