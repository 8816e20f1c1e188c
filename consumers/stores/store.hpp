// A store: four small ports behind one handle. Start here.
//
//   writer    what a consumer stores, with its offsets, in one transaction
//   snapshot  one moment of what is stored, for views
//   letters   messages set aside
//   relay     what is on the record topics
#pragma once

#include <memory>
#include <string>

#include "common/db/postgres.hpp"
#include "consumers/stores/letters.hpp"
#include "consumers/stores/relay_store.hpp"
#include "consumers/stores/snapshot.hpp"
#include "consumers/stores/store_writer.hpp"

namespace ytterby {

// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;
  // A UUID created with the store. It is part of every group's id, so that every store sees every section.
  virtual const std::string& Id() const = 0;
  virtual StoreWriter& writer() = 0;
  virtual Letters& letters() = 0;
  virtual RelayStore& relay() = 0;
  // Any number may be open at a time.
  virtual Result<std::unique_ptr<Snapshot>> OpenSnapshot(const Scope& scope = {}) = 0;
  // For groups that another process may share. kConfiguration: according to itself the store lives elsewhere, so it may
  // be a copy of one that is in use. A server's store lives where its URL says.
  virtual Result<void> CheckHome() = 0;
};

// kConfiguration: not a store URL, or one that contains a password. Opens nothing.
Result<void> CheckStoreUrl(const std::string& url);

// Opens the store at a URL (`sqlite:PATH`, `postgresql://…`) and creates or migrates it; `read_only` does neither.
// kConfiguration: the store is newer than the program, or the URL is of an unknown kind. kUnavailable: a server does
// not answer. `password`: for a server; empty: from the client library's own sources (PGPASSWORD, PGPASSFILE).
// `patience`: with a server that does not answer a statement.
Result<std::unique_ptr<Store>> OpenStore(const std::string& url, bool read_only, const std::string& password = {},
                                         const PgPatience& patience = {});

// Looks for damage without changing anything, even if the store cannot be opened. Returns one line per problem; none
// for a sound store. kNoInput: there is no store. kUnavailable: the server does not answer.
Result<std::vector<std::string>> FindDamage(const std::string& url, const std::string& password = {});

}  // namespace ytterby
