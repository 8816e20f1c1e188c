// A store: four small ports behind one handle. Start here.
//
//   writer    what a consumer stores, with its offsets, in one transaction
//   snapshot  one moment of what is stored, for views
//   letters   messages set aside
//   relay     what stands on the record topics
#pragma once

#include <memory>
#include <string>

#include "consumers/stores/letters.hpp"
#include "consumers/stores/relay_store.hpp"
#include "consumers/stores/snapshot.hpp"
#include "consumers/stores/store_writer.hpp"

namespace ytterby {

// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;
  // A UUID made with the store; part of every group's id, so that every store sees every section.
  virtual const std::string& Id() const = 0;
  virtual StoreWriter& writer() = 0;
  virtual Letters& letters() = 0;
  virtual RelayStore& relay() = 0;
  // As many as are needed at a time.
  virtual Result<std::unique_ptr<Snapshot>> OpenSnapshot(const Scope& scope = {}) = 0;
};

// kConfiguration: no URL of a store, or one that holds a password. Opens nothing.
Result<void> CheckStoreUrl(const std::string& url);

// Opens the store of a URL (`sqlite:PATH`, `postgresql://…`), and creates or migrates it. kConfiguration when the store
// is newer than the program or the URL is of no known kind; kUnavailable when a server does not answer. `read_only`
// neither creates nor migrates. `password`: of a server; empty: by the client library's own means (PGPASSWORD,
// PGPASSFILE).
Result<std::unique_ptr<Store>> OpenStore(const std::string& url, bool read_only, const std::string& password = {});

// Looks for damage without changing anything, also where the store cannot be opened. Returns what is wrong, a line
// each; empty for a sound store. kNoInput: there is none. kUnavailable: the server does not answer.
Result<std::vector<std::string>> FindDamage(const std::string& url, const std::string& password = {});

}  // namespace ytterby
