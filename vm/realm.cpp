// SPDX-License-Identifier: BSD-3-Clause
#include "vm/realm.hpp"

#include <new>

#include "gc/heap.hpp"
#include "vm/symbol_table.hpp"

namespace interlox::vm {

Realm* Realm::make() {
  Realm* const realm = ::new (gc::allocate(sizeof(Realm))) Realm();
  realm->main = Module::make(*realm, intern("main"));
  return realm;
}

void Realm::define_builtin(const Symbol* name, Value value) {
  const Value before = builtin(name);
  builtins.store(name, value);
  GlobalCell* const variable = main->cell(name);
  const Value now = variable->value.load();
  if (now.is_absent() || now == before) variable->value.store(value);
}

const StandardModule* Realm::standard_module(std::string_view name) const noexcept {
  for (const StandardModule& module : standard_modules) {
    if (module.name == name) return &module;
  }
  return nullptr;
}

}  // namespace interlox::vm
