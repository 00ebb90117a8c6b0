// SPDX-License-Identifier: BSD-3-Clause
#include "vm/concurrent_map.hpp"

#include <cstdio>
#include <cstring>
#include <new>
#include <ostream>
#include <sstream>

#include "gc/heap.hpp"
#include "trie/hash.hpp"
#include "vm/lasting_fault.hpp"
#include "vm/print.hpp"

namespace interlox::vm {
namespace {

struct Describer {
  void operator()(std::ostream& out, Value v) const { out << describe(v); }
};

std::string quoted_key(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

std::uint64_t MapKeys::hash(const Lookup& l, std::uint64_t seed) const noexcept {
  switch (hashing) {
    case Hashing::zero:
      return 0;
    case Hashing::truncated:
      return vm::hash(l, seed) & 0xf;
    case Hashing::standard:
      break;
  }
  return vm::hash(l, seed);
}

ConcurrentMap* ConcurrentMap::make(Hashing hashing, std::optional<std::uint64_t> seed) {
  return ::new (gc::allocate(sizeof(ConcurrentMap)))
      ConcurrentMap(hashing, seed ? *seed : trie::random_seed());
}

std::string ConcurrentMap::dump() const {
  std::ostringstream out;
  map.dump(out, Describer{}, Describer{});
  return out.str();
}

std::string ConcurrentMap::dot() const {
  std::ostringstream out;
  map.dot(out, Describer{}, Describer{});
  return out.str();
}

std::optional<std::string> ConcurrentMap::check() const {
  return lasting_fault([this] { return map.check(); });
}

void MapKeys::describe(std::string& text, Value v) { text += describe_briefly(lookup_of(v)); }

std::string describe(Value v) { return describe(lookup_of(v)); }

std::string describe_briefly(const Lookup& l) {
  constexpr std::size_t kMost = 80;
  if (l.kind == Lookup::Kind::word) return to_brief_text(l.word);
  if (l.kind == Lookup::Kind::number) return to_brief_text(Value::number(l.number));
  if (l.kind == Lookup::Kind::text && l.text.size() > kMost) {
    return describe(Lookup::of_text(l.text.substr(0, kMost)));
  }
  return describe(l);
}

std::string describe(const Lookup& l) {
  char digits[40];
  switch (l.kind) {
    case Lookup::Kind::number: {
      std::snprintf(digits, sizeof digits, "%.17g", l.number);
      // As in Lua, a float that looks like an integer says that it is none.
      const bool looks_integral = std::strspn(digits, "-0123456789") == std::strlen(digits);
      return std::string(digits) + (looks_integral ? ".0" : "");
    }
    case Lookup::Kind::integer:
      std::snprintf(digits, sizeof digits, "%lld", static_cast<long long>(l.integer));
      return digits;
    case Lookup::Kind::text:
      return quoted_key(l.text);
    case Lookup::Kind::word:
      break;
  }
  return to_text(l.word);
}

}  // namespace interlox::vm
