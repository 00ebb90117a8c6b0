// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as source: the formatter refuses them, or gives the same program in a layout that it keeps: what
// compiles, compiles to the same code.
#include <string>
#include <utility>
#include <vector>

#include "tests/fuzz/machine.hpp"
#include "tests/fuzz/target.hpp"
#include "vm/formatter.hpp"

using namespace interlox;

namespace {

const vm::Function* as_function(vm::Value v) {
  return vm::is_object(v, vm::ObjectKind::function) ? vm::as<vm::Function>(v) : nullptr;
}

bool same_constant(vm::Value a, vm::Value b) {
  if (vm::is_object(a, vm::ObjectKind::string) && vm::is_object(b, vm::ObjectKind::string)) {
    return vm::as<vm::String>(a)->view() == vm::as<vm::String>(b)->view();
  }
  if (vm::is_object(a, vm::ObjectKind::class_template) && vm::is_object(b, vm::ObjectKind::class_template)) {
    return vm::as<vm::ClassTemplate>(a)->name == vm::as<vm::ClassTemplate>(b)->name;
  }
  return (as_function(a) != nullptr && as_function(b) != nullptr) || a == b;
}

bool same_function(const vm::Function& a, const vm::Function& b) {
  bool same = a.name == b.name && a.arity == b.arity && a.registers == b.registers &&
              a.code_length == b.code_length && a.constant_count == b.constant_count &&
              a.cache_count == b.cache_count && a.global_count == b.global_count;
  for (std::uint32_t i = 0; same && i < a.code_length; ++i) same = a.code[i] == b.code[i];
  for (std::uint32_t i = 0; same && i < a.constant_count; ++i)
    same = same_constant(a.constants[i], b.constants[i]);
  for (std::uint32_t i = 0; same && i < a.cache_count; ++i) same = a.cache(i).name == b.cache(i).name;
  for (std::uint32_t i = 0; same && i < a.global_count; ++i) same = a.global(i) == b.global(i);
  return same;
}

bool same_code(const vm::Function& first, const vm::Function& second) {
  std::vector<std::pair<const vm::Function*, const vm::Function*>> pending{{&first, &second}};
  while (!pending.empty()) {
    const auto [a, b] = pending.back();
    pending.pop_back();
    if (!same_function(*a, *b)) return false;
    for (std::uint32_t i = 0; i < a->constant_count; ++i) {
      if (const vm::Function* const inner = as_function(a->constants[i]))
        pending.emplace_back(inner, as_function(b->constants[i]));
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  fuzz::start_machine();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source = fuzz::text_of(data, size);
  std::string once;
  try {
    once = vm::format(source);
  } catch (const vm::FormatError& error) {
    fuzz::expect(error.cause() == vm::FormatError::Cause::source, error.what());
    return 0;
  }
  fuzz::expect(vm::format(once) == once, "a layout that the formatter keeps");
  const std::unique_ptr<vm::VM> machine = fuzz::make_machine();
  std::string errors;
  const vm::Function* const before = machine->compile(source, "", errors);
  const vm::Function* const after = machine->compile(once, "", errors);
  fuzz::expect((before == nullptr) == (after == nullptr), "both compile, or neither does");
  fuzz::expect(before == nullptr || same_code(*before, *after), "the same code");
  return 0;
}
