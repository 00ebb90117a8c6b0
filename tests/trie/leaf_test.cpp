// SPDX-License-Identifier: BSD-3-Clause
// The header of a leaf against a plain table of seven bytes, and the lock that it is.
#include "trie/leaf.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <initializer_list>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "trie/hash.hpp"
#include "trie/std_policy.hpp"

using interlox::trie::hash_integer;
using interlox::trie::StdPolicy;
using interlox::trie::detail::Header;
using interlox::trie::detail::Word;
using Leaf = interlox::trie::detail::Leaf<StdPolicy>;

static_assert(sizeof(Leaf) == 64, "a leaf is one cache line");

namespace {

using Fingerprints = std::array<std::uint8_t, Header::kCells>;

// A header by its specification: a byte for each cell, then six bits of depth and two of state.
Header header_of(const Fingerprints& fingerprints, unsigned depth = 0, unsigned state = 0) {
  std::uint64_t bits = static_cast<std::uint64_t>(state) << 62 | static_cast<std::uint64_t>(depth) << 56;
  for (unsigned i = 0; i < Header::kCells; ++i) bits |= std::uint64_t{fingerprints[i]} << 8 * i;
  return Header(bits);
}

std::vector<unsigned> cells_of(std::uint64_t mask) {
  std::vector<unsigned> cells;
  for (; mask != 0; mask = Header::rest(mask)) cells.push_back(Header::first(mask));
  return cells;
}

// All the fingerprints of a header, for every choice of them from `alphabet`.
template <class Visit>
void for_each_choice(const std::vector<std::uint8_t>& alphabet, const Visit& visit) {
  std::size_t choices = 1;
  for (unsigned i = 0; i < Header::kCells; ++i) choices *= alphabet.size();
  for (std::size_t choice = 0; choice < choices; ++choice) {
    Fingerprints fingerprints;
    std::size_t rest = choice;
    for (auto& fingerprint : fingerprints) {
      fingerprint = alphabet[rest % alphabet.size()];
      rest /= alphabet.size();
    }
    visit(fingerprints);
  }
}

// What one look of matches() must be: ascending, with every cell of this fingerprint, and with no other cell
// but such that have a true one below them and differ from it in the lowest bit alone.
bool sound(const Fingerprints& fingerprints, std::uint8_t wanted, const std::vector<unsigned>& named) {
  if (!std::is_sorted(named.begin(), named.end())) return false;
  if (std::adjacent_find(named.begin(), named.end()) != named.end()) return false;
  bool met = false;
  for (unsigned i = 0; i < Header::kCells; ++i) {
    const bool is_named = std::find(named.begin(), named.end(), i) != named.end();
    const bool is_wanted = fingerprints[i] == wanted;
    if (is_wanted && !is_named) return false;
    if (is_named && !is_wanted && !(met && (fingerprints[i] ^ wanted) == 1)) return false;
    met = met || is_wanted;
  }
  return named.empty() || named.back() < Header::kCells;
}

std::chrono::nanoseconds cpu_time_of_this_thread() {
  std::timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Long enough that threads that have been started wait by now; no outcome depends on it.
void let_them_wait() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

}  // namespace

TEST_CASE("an empty header has its depth and nothing else") {
  for (unsigned depth = 0; depth <= Header::kMaxDepth; ++depth) {
    const Header header = Header::empty(depth);
    CAPTURE(depth);
    REQUIRE(header == header_of({}, depth));
    REQUIRE(header.depth() == depth);
    REQUIRE(header.is_open());
    REQUIRE(header.is_empty());
  }
}

TEST_CASE("a change of state changes nothing else") {
  const Fingerprints fingerprints{1, 255, 0, 128, 127, 0, 254};
  for (unsigned depth : {0U, 1U, 32U, Header::kMaxDepth}) {
    for (unsigned from = 0; from < 4; ++from) {
      const Header header = header_of(fingerprints, depth, from);
      REQUIRE(header.depth() == depth);
      const std::array to{header.open(), header.locked(), header.contended(), header.dead()};
      for (unsigned state = 0; state < 4; ++state) {
        CAPTURE(depth, from, state);
        REQUIRE(to[state] == header_of(fingerprints, depth, state));
        REQUIRE(to[state].is_open() == (state == 0));
        REQUIRE(to[state].is_locked() == (state == 1 || state == 2));
        REQUIRE(to[state].is_contended() == (state == 2));
        REQUIRE(to[state].is_dead() == (state == 3));
      }
    }
  }
}

TEST_CASE("a fingerprint is the lowest byte of a hash, and never zero") {
  for (std::uint64_t low = 0; low < 256; ++low) {
    for (const std::uint64_t high : {std::uint64_t{0}, ~std::uint64_t{255}, std::uint64_t{0x1234} << 8}) {
      REQUIRE(Header::fingerprint(high | low) == (low == 0 ? 1 : low));
    }
  }
}

TEST_CASE("a header counts its cells, and finds the lowest that is free") {
  std::size_t wrong = 0;
  for (unsigned subset = 0; subset < 128; ++subset) {
    unsigned count = 0;
    unsigned free = Header::kCells;
    for (unsigned i = 0; i < Header::kCells; ++i) {
      if ((subset >> i & 1) != 0) {
        ++count;
      } else {
        free = std::min(free, i);
      }
    }
    for (unsigned value = 1; value < 256; ++value) {
      Fingerprints fingerprints{};
      for (unsigned i = 0; i < Header::kCells; ++i) {
        if ((subset >> i & 1) != 0) fingerprints[i] = static_cast<std::uint8_t>(value);
      }
      for (const unsigned state_and_depth : {0U, 255U}) {
        const Header header = header_of(fingerprints, state_and_depth & 63, state_and_depth >> 6);
        if (header.count() != count) ++wrong;
        if (header.is_empty() != (count == 0)) ++wrong;
        if (header.is_full() != (count == Header::kCells)) ++wrong;
        if (count != Header::kCells && header.free_cell() != free) ++wrong;
      }
    }
  }
  REQUIRE(wrong == 0);
}

TEST_CASE("a header with a cell, and without it, differs in that cell alone") {
  const Fingerprints others{1, 255, 3, 128, 127, 6, 254};
  for (unsigned cell = 0; cell < Header::kCells; ++cell) {
    for (unsigned low = 0; low < 256; ++low) {
      CAPTURE(cell, low);
      Fingerprints without = others;
      without[cell] = 0;
      Fingerprints with = others;
      with[cell] = static_cast<std::uint8_t>(low == 0 ? 1 : low);
      const Header before = header_of(without, 61, 1);
      const Header after = before.with_cell(cell, 0xABCD'EF01'2345'6700 | low);
      REQUIRE(after == header_of(with, 61, 1));
      REQUIRE(after.without_cell(cell) == before);
      REQUIRE(after.fingerprint_of(cell) == with[cell]);
      REQUIRE(before.fingerprint_of(cell) == 0);
    }
  }
}

TEST_CASE("a search by fingerprint finds every match, and a false one only above a true one") {
  std::size_t wrong = 0;
  std::size_t looks = 0;
  for (const std::uint8_t wanted : std::initializer_list<std::uint8_t>{1, 2, 127, 128, 254, 255}) {
    const auto flip = [&](unsigned bits) { return static_cast<std::uint8_t>(wanted ^ bits); };
    for_each_choice({0, wanted, flip(1), flip(128), flip(2)}, [&](const Fingerprints& fingerprints) {
      const unsigned top = looks++ % 2 == 0 ? 0 : 255;  // of the depth and state, which are no fingerprint
      const Header header = header_of(fingerprints, top & 63, top >> 6);
      if (!sound(fingerprints, wanted, cells_of(header.matches(0xFFFF'FFFF'FFFF'FF00 | wanted)))) ++wrong;
    });
  }
  REQUIRE(wrong == 0);
  REQUIRE(looks == 6 * 78125);
}

TEST_CASE("a search by fingerprint holds for each pair of neighbours") {
  std::size_t wrong = 0;
  for (unsigned cell = 0; cell + 1 < Header::kCells; ++cell) {
    for (unsigned both = 0; both < 65536; ++both) {
      const std::uint64_t random = hash_integer(both, cell);
      Fingerprints fingerprints;
      for (unsigned i = 0; i < Header::kCells; ++i) {
        fingerprints[i] = static_cast<std::uint8_t>(random >> 8 * i);
      }
      fingerprints[cell] = static_cast<std::uint8_t>(both);
      fingerprints[cell + 1] = static_cast<std::uint8_t>(both >> 8);
      const Header header = header_of(fingerprints, random >> 56 & 63, 0);
      for (const unsigned wanted : {both & 255U, both >> 8, static_cast<unsigned>(random >> 58)}) {
        if (wanted == 0) continue;
        const auto named = cells_of(header.matches(wanted));
        if (!sound(fingerprints, static_cast<std::uint8_t>(wanted), named)) ++wrong;
      }
    }
  }
  REQUIRE(wrong == 0);
}

TEST_CASE("a leaf begins with the header it was given and with empty cells") {
  Leaf leaf(Header::empty(5).locked());
  REQUIRE(leaf.header() == Header::empty(5).locked());
  leaf.assert_held();
  for (unsigned i = 0; i < Header::kCells; ++i) REQUIRE(leaf.cell(i) == 0);
  for (unsigned i = 0; i < Header::kCells; ++i) leaf.set_cell(i, 16 * (i + 1));
  for (unsigned i = 0; i < Header::kCells; ++i) {
    REQUIRE(leaf.cell(i) == 16 * (i + 1));
    REQUIRE(leaf.cell_held(i) == 16 * (i + 1));
  }
  REQUIRE(leaf.header() == Header::empty(5).locked());
}

TEST_CASE("try_lock takes a leaf whose header is what was seen, and no other") {
  const Header seen = Header::empty(7).with_cell(2, 0x44);
  const Header planned = seen.with_cell(0, 0x33);
  Leaf leaf(seen);
  REQUIRE_FALSE(leaf.try_lock(seen.without_cell(2), planned.locked()));
  REQUIRE(leaf.header() == seen);
  REQUIRE(leaf.try_lock(seen, planned.locked()));
  REQUIRE(leaf.header() == planned.locked());  // the fingerprint is there as soon as the lock is
  REQUIRE_FALSE(leaf.try_lock(planned, planned.locked()));
  leaf.unlock(planned);
  REQUIRE(leaf.header() == planned);
  REQUIRE_FALSE(leaf.try_lock(seen, seen.locked()));
  REQUIRE(leaf.lock() == planned);
  leaf.unlock(planned.dead());
  REQUIRE_FALSE(leaf.try_lock(planned, planned.locked()));
  REQUIRE(leaf.header() == planned.dead());
}

TEST_CASE("a leaf's lock keeps threads apart") {
  constexpr unsigned kThreads = 8;
  constexpr unsigned kEach = 10'000;
  Leaf leaf(Header::empty(3));
  std::size_t counter = 0;  // not atomic: the lock must order it
  std::atomic<unsigned> wrong{0};
  std::atomic<unsigned> missing{kThreads};
  {
    std::vector<std::jthread> threads;
    for (unsigned id = 0; id < kThreads; ++id) {
      threads.emplace_back([&, id] {
        --missing;
        while (missing != 0) std::this_thread::yield();
        for (unsigned i = 0; i < kEach; ++i) {
          Header header = leaf.header();
          // The two ways in: as whoever changes a cell, and as whoever has planned on a header.
          if ((i + id) % 2 == 0 || !header.is_open() || !leaf.try_lock(header, header.locked())) {
            header = leaf.lock();
          }
          if (!header.is_open() || header.depth() != 3 || !leaf.header().is_locked()) ++wrong;
          if (leaf.cell_held(0) != counter) ++wrong;
          leaf.set_cell(0, ++counter);
          if (i % 32 == 0) std::this_thread::yield();  // so that others come and find it held
          // What a holder leaves behind is what the next one finds.
          const auto low = static_cast<std::uint64_t>(counter);
          leaf.unlock(header.without_cell(1).with_cell(1, low));
        }
      });
    }
  }
  REQUIRE(wrong == 0);
  REQUIRE(counter == std::size_t{kThreads} * kEach);
  REQUIRE(leaf.header() == Header::empty(3).with_cell(1, counter));
}

TEST_CASE("a thread that waits for a leaf sleeps") {
  const bool locks = GENERATE(true, false);
  CAPTURE(locks);
  const Header header = Header::empty(11).with_cell(0, 0x11).with_cell(6, 0xFE);
  Leaf leaf(header);
  CHECK(leaf.lock() == header);
  std::chrono::nanoseconds used{0};
  std::jthread waiter([&] {
    const auto before = cpu_time_of_this_thread();
    if (locks) {
      leaf.unlock(leaf.lock());
    } else {
      leaf.await();
    }
    used = cpu_time_of_this_thread() - before;
  });
  while (!leaf.header().is_contended()) std::this_thread::yield();  // it says so before it parks
  CHECK(leaf.header() == header.contended());                       // and readers still find what they need
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  leaf.unlock(header);
  waiter.join();
  CAPTURE(used.count());
  REQUIRE(used < std::chrono::milliseconds(20));  // a thread that spins uses its share of the 200
  REQUIRE(leaf.header() == header);
}

TEST_CASE("all that wait for a leaf are woken, and each locks it in its turn") {
  constexpr unsigned kThreads = 8;
  Leaf leaf(Header::empty(0).locked());
  std::size_t through = 0;  // guarded by the leaf's lock
  std::vector<std::jthread> waiters;
  for (unsigned id = 0; id < kThreads; ++id) {
    waiters.emplace_back([&] {
      const Header header = leaf.lock();
      ++through;
      leaf.unlock(header);
    });
  }
  let_them_wait();
  CHECK(through == 0);
  const Header after = Header::empty(0).with_cell(6, 0x77);
  leaf.unlock(after);
  waiters.clear();
  REQUIRE(through == kThreads);
  REQUIRE(leaf.header() == after);
}

TEST_CASE("all that wait for a leaf that dies go on without its lock") {
  constexpr unsigned kThreads = 8;
  const Header dead = Header::empty(9).with_cell(3, 0x99).dead();
  Leaf leaf(Header::empty(9).locked());
  std::vector<Header> seen(kThreads, Header(0));
  std::vector<std::jthread> waiters;
  for (unsigned id = 0; id < kThreads; ++id) {
    waiters.emplace_back([&, id] { seen[id] = id % 2 == 0 ? leaf.lock() : leaf.await(); });
  }
  let_them_wait();
  leaf.unlock(dead);
  waiters.clear();
  REQUIRE(std::all_of(seen.begin(), seen.end(), [&](Header header) { return header == dead; }));
  REQUIRE(leaf.header() == dead);
  REQUIRE(leaf.lock() == dead);  // and whoever comes later
  REQUIRE(leaf.await() == dead);
  REQUIRE(leaf.header() == dead);
}

TEST_CASE("a leaf that is not locked is not waited for") {
  Leaf leaf(Header::empty(4));
  REQUIRE(leaf.await() == Header::empty(4));
  REQUIRE(leaf.header() == Header::empty(4));
}
