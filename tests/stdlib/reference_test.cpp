// SPDX-License-Identifier: BSD-3-Clause
// The tables of docs/language.md name every builtin and every member of a standard module with as many
// parameters as it has, and nothing else.
#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>

#include "stdlib/builtins.hpp"
#include "stdlib/modules.hpp"
#include "stdlib/natives.hpp"
#include "tests/support/catch.hpp"
#include "vm/class.hpp"
#include "vm/import.hpp"
#include "vm/native_class.hpp"
#include "vm/thread.hpp"
#include "vm/vm.hpp"

using namespace interlox;

namespace {

const std::string kDocument = INTERLOX_SOURCE_DIR "/docs/language.md";
const std::string kGlobals = "Global names";
const std::string kClasses = "Builtin classes";
const std::string kModules = "Standard modules";

/// Members: `length` for a property, `sub/1-2` for what is called with one or two arguments.
using Members = std::set<std::string>;

/// What a section of the reference is about. The sections are named `Builtin classes/List` and the like.
struct Section {
  Members members;
  Members fields;  // of a class written in Lox: what of them is for its users, only the document says
};
using Reference = std::map<std::string, Section>;

std::string called(std::string_view name, vm::Arity arity) {
  std::string text = std::string(name) + "/" + std::to_string(arity.min);
  if (arity.max == arity.min) return text;
  return text + "-" + (arity.max == vm::Arity::kUnlimited ? "*" : std::to_string(arity.max));
}

// What the code has.

/// Whether a name is, by agreement, of no concern to who uses a module or class.
bool is_private(std::string_view name) { return name.starts_with('_'); }

vm::Arity arity_of(const vm::Closure& closure) {
  return {closure.function->min_arity, closure.function->arity};
}

std::string method(std::string_view name, const vm::Closure& closure) {
  return closure.is_getter() ? std::string(name) : called(name, arity_of(closure));
}

Section section_of(const vm::NativeClassPlan& plan) {
  Section section;
  if (plan.constructor != nullptr) section.members.insert(called(plan.name, plan.arity));
  for (const vm::NativeMember& member : plan.members) {
    section.members.insert(member.is_property ? std::string(member.name) : called(member.name, member.arity));
  }
  return section;
}

Section section_of(const vm::Class& klass) {
  Section section;
  const vm::Closure* const initializer = klass.initializer.load();
  const std::string name(klass.name->view());
  section.members.insert(called(name, initializer == nullptr ? vm::Arity(0) : arity_of(*initializer)));
  const auto add = [&](const std::atomic<vm::NameTable*>& methods, const std::string& prefix) {
    if (methods.load() == nullptr) return;
    methods.load()->for_each([&](const vm::Symbol* symbol, std::uint64_t word) {
      if (symbol == vm::init_symbol() || is_private(symbol->view())) return;
      const auto* const record = reinterpret_cast<const vm::MethodRecord*>(static_cast<std::uintptr_t>(word));
      section.members.insert(method(prefix + std::string(symbol->view()), *record->method.load()));
    });
  };
  add(klass.methods, "");
  add(klass.class_methods, name + ".");
  if (klass.fields.load() != nullptr) {
    klass.fields.load()->for_each(
        [&](const vm::Symbol* symbol, std::uint64_t) { section.fields.insert(std::string(symbol->view())); });
  }
  return section;
}

/// Adds a global or a module's member: a class as a section of its own, which `prefix` begins, all else to
/// the section `others`.
void add_value(Reference& reference, const std::string& prefix, const std::string& others,
               std::string_view name, vm::Value value) {
  const std::string own = prefix + std::string(name);
  Members& members = reference[others].members;
  if (vm::is_object(value, vm::ObjectKind::native)) {
    members.insert(called(name, vm::as<vm::Native>(value)->arity));
  } else if (vm::is_object(value, vm::ObjectKind::closure)) {
    members.insert(called(name, arity_of(*vm::as<vm::Closure>(value))));
  } else if (vm::is_object(value, vm::ObjectKind::native_class)) {
    reference[own] = section_of(*vm::as<vm::NativeClass>(value)->plan);
  } else if (vm::is_object(value, vm::ObjectKind::klass)) {
    reference[own] = section_of(*vm::as<vm::Class>(value));
  } else {
    members.insert(std::string(name));
  }
}

void add_builtins(Reference& reference, const vm::VM& machine) {
  machine.for_each_global([&](std::string_view name, vm::Value value) {
    const bool is_collector = vm::is_object(value, vm::ObjectKind::collector);
    if (is_collector) {
      reference[kClasses + "/" + std::string(name)] = section_of(*vm::class_of(value)->plan);
    } else {
      add_value(reference, kClasses + "/", kGlobals + "/Functions", name, value);
    }
  });
  reference[kClasses + "/Cleanup"] = section_of(stdlib::cleanup_plan);       // which no global leads to
  reference[kClasses + "/WeakTable"] = section_of(stdlib::weak_table_plan);  // likewise
  Section& error = reference[kClasses + "/Error"];
  error.members.merge(error.fields);
}

/// A module's members less what it has imported.
void add_modules(Reference& reference, vm::VM& machine) {
  std::string errors;
  const vm::Function* const importer = machine.compile("", "test", errors);
  for (const vm::StandardModule& standard : stdlib::standard_modules()) {
    INFO(standard.name);
    const vm::Value module = vm::import_module(vm::Thread::current(), *importer, standard.name);
    REQUIRE_FALSE(module.is_absent());
    const std::string section = kModules + "/" + std::string(standard.name);
    reference[section];
    vm::as<vm::Module>(module)->for_each_member([&](const vm::Symbol* symbol, vm::Value value) {
      const std::string_view name = symbol->view();
      if (is_private(name) || vm::is_object(value, vm::ObjectKind::module)) return;
      add_value(reference, section + ".", section, name, value);
    });
  }
}

// What the document has.

/// `name`, `name(a, b?)` or `name(a, more...)` as Members has it; empty if it is none of these.
std::string member_of(const std::string& signature) {
  static const std::regex form(R"(([\w.]+)(\((?:\w+(?:\?|\.\.\.)?(?:, \w+(?:\?|\.\.\.)?)*)?\))?)");
  std::smatch match;
  if (!std::regex_match(signature, match, form)) return "";
  if (!match[2].matched) return match[1];
  const std::string parameters = match[2];
  const auto commas = static_cast<std::uint32_t>(std::count(parameters.begin(), parameters.end(), ','));
  const auto optional = static_cast<std::uint32_t>(std::count(parameters.begin(), parameters.end(), '?'));
  const std::uint32_t all = parameters == "()" ? 0 : commas + 1;
  const bool is_open = parameters.ends_with("...)");
  return called(match[1].str(), is_open ? vm::Arity{all - optional - 1, vm::Arity::kUnlimited}
                                        : vm::Arity{all - optional, all});
}

/// Adds a row of a table. The first cell of one that names a member is code.
void add_row(Members& members, const std::string& line) {
  static const std::regex row(R"(\| `([^`]*)` \|.*\|.*\|)");
  static const std::regex other(R"(\|(-+\|)+|\| (member|call) \|.*)");
  std::smatch match;
  INFO(line);
  if (!std::regex_match(line, match, row)) {
    CHECK(std::regex_match(line, other));
    return;
  }
  const std::string member = member_of(match[1]);
  CHECK_FALSE(member.empty());
  CHECK(members.insert(member).second);  // else it is there twice
}

Reference read_document() {
  std::ifstream document(kDocument);
  REQUIRE(document);
  Reference reference;
  std::string part;
  Section* section = nullptr;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("# ") || line.starts_with("## ")) {
      part = line.substr(line.find(' ') + 1);
      section = nullptr;
    } else if (line.starts_with("### ") && (part == kGlobals || part == kClasses || part == kModules)) {
      section = &reference[part + "/" + line.substr(4)];
    } else if (section != nullptr && line.starts_with("|")) {
      add_row(section->members, line);
    }
  }
  return reference;
}

/// Those of `all` that are in neither of the others.
Members missing(const Members& all, const Members& here, const Members& there = {}) {
  Members result;
  for (const std::string& name : all) {
    if (!here.contains(name) && !there.contains(name)) result.insert(name);
  }
  return result;
}

Members names_of(const Reference& reference) {
  Members names;
  for (const auto& [name, section] : reference) names.insert(name);
  return names;
}

}  // namespace

TEST_CASE("the reference of the language is complete, and right about how things are called") {
  const vm::ThreadScope scope;
  vm::VM machine;
  stdlib::install(machine);
  Reference code;
  add_builtins(code, machine);
  add_modules(code, machine);
  const Reference document = read_document();

  CHECK(missing(names_of(code), names_of(document)) == Members{});  // undocumented
  CHECK(missing(names_of(document), names_of(code)) == Members{});  // documented, and there is no such thing
  for (const auto& [name, section] : document) {
    if (!code.contains(name)) continue;
    INFO(name);
    const Section& real = code.at(name);
    CHECK(missing(real.members, section.members) == Members{});
    CHECK(missing(section.members, real.members, real.fields) == Members{});
  }
}

TEST_CASE("the reference's signatures are read") {
  CHECK(member_of("length") == "length");
  CHECK(member_of("clear()") == "clear/0");
  CHECK(member_of("sub(start, end?)") == "sub/1-2");
  CHECK(member_of("List(count?, fill?)") == "List/0-2");
  CHECK(member_of("min(x, more...)") == "min/1-*");
  CHECK(member_of("clock(any...)") == "clock/0-*");
  CHECK(member_of("Set.of(items)") == "Set.of/1");
  CHECK(member_of("list[i]").empty());
  CHECK(member_of("sub(start end)").empty());
}

TEST_CASE("the members of classes written in Lox are found") {
  const vm::ThreadScope scope;
  vm::VM machine;
  stdlib::install(machine);
  const vm::Result result = machine.run(
      "class Base { inherited(a) {} }\n"
      "class Set < Base { init(items) { this.items = items; } class of(a, b) {} length { } add(v) {} _grow() "
      "{} }\n"
      "class Failure < Error {}\n");
  REQUIRE(result.status == vm::Status::ok);
  const Section set = section_of(*vm::as<vm::Class>(*machine.global("Set")));
  CHECK(set.members == Members{"Set/1", "Set.of/2", "add/1", "inherited/1", "length"});
  CHECK(set.fields == Members{"items"});
  const Section failure = section_of(*vm::as<vm::Class>(*machine.global("Failure")));
  CHECK(failure.members == Members{"Failure/1-2"});
  CHECK(failure.fields == Members{"cause", "message", "trace"});
}
