// SPDX-License-Identifier: BSD-3-Clause
#include "vm/members.hpp"

#include <cstdint>

#include "vm/instance.hpp"
#include "vm/module.hpp"
#include "vm/native_class.hpp"

namespace interlox::vm {
namespace {

using Visit = std::function<void(std::string_view)>;

void for_each_field(const Instance& instance, const Visit& visit) {
  const NameTable* const fields =
      instance.klass()->fields.load(std::memory_order_acquire);  // as in find_field
  if (fields == nullptr) return;
  fields->for_each([&](const Symbol* name, std::uint64_t slot) {
    const Cell* const cell = instance.find_cell(static_cast<std::uint32_t>(slot));
    if (cell != nullptr && !cell->load().is_absent()) visit(name->view());
  });
}

void for_each_name(const std::atomic<NameTable*>& published, const Visit& visit) {
  const NameTable* const table = published.load(std::memory_order_acquire);  // as in Class::find_record
  if (table == nullptr) return;
  table->for_each([&](const Symbol* name, std::uint64_t) { visit(name->view()); });
}

}  // namespace

void for_each_member(Value v, const Visit& visit) {
  if (is_instance(v)) {
    const auto& instance = *static_cast<const Instance*>(v.as_object());
    for_each_field(instance, visit);
    for_each_method(*instance.klass(), visit);
  } else if (is_object(v, ObjectKind::klass)) {
    for_each_name(as<Class>(v)->class_methods, visit);
  } else if (is_object(v, ObjectKind::module)) {
    as<Module>(v)->for_each_member([&](const Symbol* name, Value) { visit(name->view()); });
  } else if (const NativeClass* const klass = class_of(v)) {
    for (const NativeMember& member : klass->plan->members) visit(member.name);
  }
}

void for_each_method(const Class& klass, const Visit& visit) { for_each_name(klass.methods, visit); }

}  // namespace interlox::vm
