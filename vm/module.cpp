// SPDX-License-Identifier: BSD-3-Clause
#include "vm/module.hpp"

#include <new>

#include "gc/heap.hpp"
#include "vm/realm.hpp"

namespace interlox::vm {

Module* Module::make(Realm& realm, const Symbol* name) {
  return ::new (gc::allocate(sizeof(Module))) Module(realm, name);
}

GlobalCell* Module::cell(const Symbol* global) {
  if (const std::optional<GlobalCell*> known = cells.load(global)) return *known;
  auto* const fresh = ::new (gc::allocate(sizeof(GlobalCell))) GlobalCell{{}, global, {}};
  fresh->value.store(realm->builtin(global));
  return cells.load_or_store(global, fresh).value;
}

void Module::define(const Symbol* global, Value value) {
  GlobalCell* const variable = cell(global);
  variable->value.store(value);
  variable->declared.store(true, std::memory_order_relaxed);  // relaxed: the value is what is published
}

Value Module::global(const Symbol* global) const noexcept {
  const std::optional<GlobalCell*> known = cells.load(global);
  return known ? (*known)->value.load() : realm->builtin(global);
}

Value Module::visible(const GlobalCell& variable) const noexcept {
  const Value value = variable.value.load();
  if (value.is_absent() || variable.declared.load(std::memory_order_relaxed)) return value;
  return value == realm->builtin(variable.name) ? Value::absent() : value;
}

Value Module::member(const Symbol* global) const noexcept {
  const std::optional<GlobalCell*> known = cells.load(global);
  return known ? visible(**known) : Value::absent();
}

void mark_declared(const Function& script) noexcept {
  for (std::uint32_t i = 0; i < script.code_length; ++i) {
    if (opcode_of(script.code[i]) != Opcode::define_global) continue;
    // relaxed: whoever reads it as false takes the value as a builtin's, which it still may be
    script.global(global_of(script.code[i]))->declared.store(true, std::memory_order_relaxed);
  }
}

}  // namespace interlox::vm
