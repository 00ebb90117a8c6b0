// SPDX-License-Identifier: BSD-3-Clause
// Weak references as objects of the runtime.
#pragma once

#include "gc/weak.hpp"
#include "vm/object.hpp"

namespace interlox::vm {

/// Whether weak references and cleanups make sense for `v`: an object with an identity. Strings, ranges
/// and integers are values: an equal one is as good.
inline bool has_identity(Value v) noexcept {
  if (!v.is_object()) return false;
  const ObjectKind kind = v.as_object()->kind();
  return kind != ObjectKind::string && kind != ObjectKind::range && kind != ObjectKind::integer;
}

/// A reference that does not keep its target. The header is the cell's first word: the whole object is a
/// block of two words that the collector does not scan.
struct WeakRef : Object {
  /// A reference to `target`. Throws gc::OutOfMemory and std::bad_alloc.
  static WeakRef* make(Object* target);

  /// The target, or null once a collection has found it dead. One load; wait-free; any registered thread.
  Object* get() const noexcept { return cell_.get_as<Object>(); }

 private:
  WeakRef() noexcept : Object(ObjectKind::weak_ref) {}

  gc::WeakCell cell_;
};

static_assert(sizeof(WeakRef) == sizeof(gc::WeakBlock));

}  // namespace interlox::vm
