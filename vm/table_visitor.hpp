// SPDX-License-Identifier: BSD-3-Clause
// Who looks at the memory of the tables of symbols and handles.
#pragma once

#include <cstddef>

#include "vm/object.hpp"

namespace interlox::vm {

/// What trie/walk.hpp asks of a visitor, for tables whose trie is nobody else's business.
class TableVisitor {
 public:
  /// A block of the table's own, of which so many bytes will be read; false if they must not be.
  virtual bool block(const void* address, std::size_t bytes) = 0;
  /// A symbol or handle, which the table holds weakly; alive while the visitor looks at it.
  virtual void element(const Object& object) = 0;

 protected:
  ~TableVisitor() = default;
};

namespace detail {

/// Hands a canonical set's memory on to a TableVisitor.
struct SetVisitor {
  TableVisitor& visitor;

  bool block(const void* address, std::size_t bytes) const { return visitor.block(address, bytes); }
  template <class View, class Nothing>
  void entry(const View& view, const Nothing& /*nothing*/) const {
    if (!view.is_dead()) visitor.element(*view.element);
  }
};

}  // namespace detail
}  // namespace interlox::vm
