// The port for the dead letters in a store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumers/stores/dead_letter.hpp"

namespace ytterby {

// Letters of one stage that wait for a person: open or retried.
struct LetterCount {
  std::string stage;
  std::int64_t count = 0;
  Timestamp oldest{};
};

struct LetterQuery {
  std::string consumer;
  bool every_state = false;           // also closed and waived ones
  std::optional<DeadLetter> after{};  // the last letter of the previous page
  std::size_t limit = 500;
};

// Thread-safe. No call waits for a view.
class Letters {
 public:
  virtual ~Letters() = default;
  // One page, ordered by (topic, partition, offset, id), without keys, headers and values.
  virtual Result<std::vector<DeadLetter>> List(const LetterQuery& query) = 0;
  // One letter with all its fields; nullopt if there is none.
  virtual Result<std::optional<DeadLetter>> Find(const std::string& consumer, const Digest& id) = 0;
  virtual Result<std::vector<LetterCount>> CountLetters(const std::string& consumer) = 0;
  // Moves a letter from one of the states `from` to `to`, at the time `at`. False: it is in none of them. A waived
  // section counts as stored and empty, from then on.
  virtual Result<bool> MoveLetter(const std::string& consumer, const Digest& id, const std::vector<std::string>& from,
                                  const std::string& to, const std::string& note, Timestamp at) = 0;
};

}  // namespace ytterby
