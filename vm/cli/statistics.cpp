// SPDX-License-Identifier: BSD-3-Clause
#include "vm/cli/statistics.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <unistd.h>

#include "gc/heap.hpp"
#include "gc/stats.hpp"
#include "gc/trace.hpp"
#include "trie/stats.hpp"
#include "vm/cleanup.hpp"
#include "vm/symbol_table.hpp"
#include "vm/unique_table.hpp"

namespace interlox::cli {
namespace {

/// Lines of three columns, in memory of its own.
class Table {
 public:
  /// `topic` is named in the first of its lines only.
  void add(const char* topic, const char* name, std::uint64_t count, const char* unit = "") noexcept {
    print("%-12s  %-12s %16llu %s\n", topic, name, count, unit);
  }
  void add_time(const char* topic, const char* name, std::uint64_t nanoseconds) noexcept {
    const std::uint64_t microseconds = nanoseconds / 1000;
    char text[32];
    std::snprintf(text, sizeof text, "%llu.%03llu", static_cast<unsigned long long>(microseconds / 1000),
                  static_cast<unsigned long long>(microseconds % 1000));
    print("%-12s  %-12s %16s %s\n", topic, name, text, "ms");
  }

  void write_out() const noexcept {
    for (std::size_t done = 0; done < used_;) {
      const ssize_t written = write(STDERR_FILENO, text_ + done, used_ - done);
      if (written < 0 && errno != EINTR) return;
      done += written < 0 ? 0 : static_cast<std::size_t>(written);
    }
  }

 private:
  template <class Number>
  void print(const char* format, const char* topic, const char* name, Number number,
             const char* unit) noexcept {
    const int length = std::snprintf(text_ + used_, sizeof text_ - used_, format, topic, name, number, unit);
    if (length > 0 && static_cast<std::size_t>(length) < sizeof text_ - used_) {
      used_ += static_cast<std::size_t>(length);
      // Where there is no unit the line ends in a blank.
      if (text_[used_ - 2] == ' ') text_[--used_ - 1] = '\n';
    }
  }

  char text_[4096];
  std::size_t used_ = 0;
};

void add_set(Table& table, const char* topic, const trie::CanonicalStats& stats) noexcept {
  table.add(topic, "live", stats.live);
  table.add("", "dead", stats.dead);
  table.add("", "found", stats.hits);
  table.add("", "made", stats.misses);
  table.add("", "died", stats.cleared);
  table.add("", "removed", stats.pruned);
}

// Of all maps and tables together.
void add_maps(Table& table) noexcept {
  using gc::trace::Structure;
  const auto add = [&table](const char* topic, const char* name, Structure what) noexcept {
    table.add(topic, name, gc::trace::structure_count(what));
  };
  add("maps", "retired", Structure::retirement);
  add("", "splits", Structure::split);
  add("", "merges", Structure::merge);
  add("", "growths", Structure::growth);
  add("", "shrinkages", Structure::shrinkage);
  add("", "clears", Structure::clear);
  add("", "waits", Structure::wait);
}

}  // namespace

void show_statistics() noexcept {
  const gc::Stats stats = gc::stats();
  const gc::Histogram pauses = gc::pause_histogram();
  Table table;
  table.add("heap", "held", stats.heap_bytes, "bytes");
  table.add("", "used", stats.used_bytes, "bytes");
  table.add("", "allocated", stats.allocated_bytes, "bytes");
  table.add("collections", "all", stats.collections);
  table.add("pauses", "all", pauses.count());
  table.add_time("", "total", stats.pause_ns_total);
  table.add_time("", "p50", pauses.quantile(0.50));
  table.add_time("", "p90", pauses.quantile(0.90));
  table.add_time("", "p99", pauses.quantile(0.99));
  table.add_time("", "max", pauses.max());
  table.add("weak cells", "cleared", stats.weak_cleared);
  table.add("cleanups", "run", vm::cleanups_run());
  add_set(table, "symbols", vm::SymbolTable::counts());
  add_set(table, "handles", vm::UniqueTable::counts());
  add_maps(table);
  if (gc::options().count_nodes) {
    table.add("nodes", "allocated", stats.nodes_allocated);
    table.add("", "retired", stats.nodes_retired);
    table.add("", "reclaimed", stats.nodes_reclaimed);
  }
  table.write_out();
}

}  // namespace interlox::cli
