// SPDX-License-Identifier: BSD-3-Clause
// The ledger knows when a key was there all the time, and when it can't know.
#include "tests/stress/duel_ledger.hpp"

#include "tests/support/catch.hpp"

using interlox::trie::duel::Ledger;

namespace {

constexpr std::size_t kKey = 0;

/// A ledger of two threads and a key, at which thread 0 has stored a token.
struct Stored {
  Ledger ledger{2, 1, 10};
  int token = ledger.make(0, kKey);

  Stored() { ledger.was_there(kKey, ledger.look(kKey)); }
  bool must_be_there() const { return !ledger.was_absent(kKey, ledger.look(kKey)).empty(); }
  void remove(int taken) {
    ledger.begin_take(kKey);
    ledger.begin_removal(kKey);
    ledger.came_out(taken, kKey);
    ledger.end_removal(kKey);
    ledger.end_take(kKey);
  }
};

}  // namespace

TEST_CASE("a key that was stored must be there until somebody begins to remove it") {
  Stored s;
  CHECK(s.must_be_there());
  s.ledger.begin_removal(kKey);
  CHECK_FALSE(s.must_be_there());
  s.ledger.end_removal(kKey);
  CHECK_FALSE(s.must_be_there());
}

TEST_CASE("a token that was met says that the key was there, unless somebody may have swapped it") {
  Stored s;
  s.remove(s.token);
  const int second = s.ledger.make(0, kKey);  // stored by a thread that has not said so yet
  s.ledger.was_seen(second, kKey, s.ledger.look(kKey));
  CHECK(s.must_be_there());

  // A thread swaps the second for a third and has not said so yet; another removes the third.
  s.ledger.begin_take(kKey);
  const int third = s.ledger.make(1, kKey);
  s.remove(third);
  s.ledger.was_seen(second, kKey, s.ledger.look(kKey));
  CHECK_FALSE(s.must_be_there());
  s.ledger.came_out(second, kKey);
  s.ledger.end_take(kKey);
  s.ledger.was_seen(second, kKey, s.ledger.look(kKey));
  CHECK_FALSE(s.must_be_there());
}
