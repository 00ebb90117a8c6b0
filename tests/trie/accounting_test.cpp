// SPDX-License-Identifier: BSD-3-Clause
// Every node that was linked is linked still or was retired, once. Counted with a policy that keeps books.
#include <map>
#include <mutex>
#include <numeric>

#include "trie/std_policy.hpp"

namespace interlox::trie::test {

using TestPolicy = StdPolicy;
struct TestThread {
  TestThread() {}
};
struct TestTrouble {
  TestTrouble() {}
};

}  // namespace interlox::trie::test

#include "tests/support/catch.hpp"
#include "tests/trie/map_threads.hpp"

namespace interlox::trie::test {
namespace {

struct Books {
  struct Node {
    std::size_t bytes;
    bool may_hold_pointers;
    int retired = 0;
  };
  std::mutex mutex;
  std::map<void*, Node> nodes;
  int unknown = 0;
  int wrong_size = 0;
};

class BookPolicy : public StdPolicy {
 public:
  explicit BookPolicy(Books* books) : books_(books) {}

  void* allocate(std::size_t bytes, bool may_hold_pointers) {
    void* const node = StdPolicy::allocate(bytes, may_hold_pointers);
    const std::lock_guard guard(books_->mutex);
    books_->nodes[node] = {bytes, may_hold_pointers};
    return node;
  }
  void retired(void* node, std::size_t bytes) noexcept {
    const std::lock_guard guard(books_->mutex);
    const auto at = books_->nodes.find(node);
    if (at == books_->nodes.end()) {
      ++books_->unknown;
      return;
    }
    ++at->second.retired;
    if (at->second.bytes != bytes) ++books_->wrong_size;
  }

 private:
  Books* books_;
};

using BookMap = HashTrieMap<String, int, TestKeys, BookPolicy>;

// What the books must say at rest. Entries of such a map are the nodes without pointers.
void audit(Books& books, const BookMap& map, std::size_t inserted) {
  REQUIRE(map.check() == std::nullopt);
  const Stats stats = map.stats();
  REQUIRE(stats.entries == map.count());
  REQUIRE(books.unknown == 0);
  REQUIRE(books.wrong_size == 0);
  std::size_t retired = 0;
  std::size_t retired_entries = 0;
  for (const auto& [address, node] : books.nodes) {
    if (node.retired > 1) FAIL("a node was retired twice");
    if (node.retired == 0) continue;
    ++retired;
    if (!node.may_hold_pointers) ++retired_entries;
  }
  REQUIRE(retired == stats.retired);
  REQUIRE(inserted == stats.entries + retired_entries);
}

}  // namespace

TEST_CASE("a map at rest has retired each node that it no longer holds", "[accounting]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  CAPTURE(hash);
  Books books;
  BookMap map(TestKeys(hash), kSeed, BookPolicy(&books));
  std::size_t inserted = 0;
  for (int round = 0; round < 3; ++round) {
    for (const auto& key : make_keys(128)) inserted += map.load_or_store(key, 1).loaded ? 0 : 1;
    audit(books, map, inserted);
    for (const auto& key : make_keys(64)) map.erase(key);
    audit(books, map, inserted);
    // On one thread no node is made in vain, so live and retired ones are all there are.
    const Stats stats = map.stats();
    REQUIRE(books.nodes.size() == stats.entries + stats.indirects + stats.retired);
    if (round == 1) map.clear();
  }
  map.clear();
  audit(books, map, inserted);
  REQUIRE(books.nodes.size() == map.stats().retired + 1);
}

TEST_CASE("no node is retired twice or forgotten beside threads that clear", "[accounting][threads]") {
  const Hash hash = GENERATE(from_range(kAllHashes));
  const unsigned threads = GENERATE(2U, 8U);
  CAPTURE(hash, threads);
  for (int round = 0; round < 8; ++round) {
    Books books;
    BookMap map(TestKeys(hash), kSeed, BookPolicy(&books));
    std::atomic<std::size_t> inserted{0};
    std::atomic<unsigned> running{threads - 1};
    run_threads(threads, [&](unsigned id) {
      if (id == 0) {
        while (running.load() != 0) map.clear();
        return;
      }
      Random random(id + 100 * static_cast<unsigned>(round));
      const auto keys = make_keys(24);
      for (unsigned i = 0; i < 2400 / threads / kScale; ++i) {
        const auto& key = keys[random.below(keys.size())];
        const std::size_t kind = random.below(4);
        if (kind < 2) inserted += map.load_or_store(key, 1).loaded ? 0 : 1;
        if (kind == 2) map.erase(key);
        if (kind == 3) inserted += map.swap(key, 2) ? 0 : 1;
      }
      --running;
    });
    audit(books, map, inserted);
  }
}

}  // namespace interlox::trie::test
