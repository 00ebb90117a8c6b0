// SPDX-License-Identifier: BSD-3-Clause
// Functions and objects of the host as objects of the language.
//
// What the host has given lies in malloc's memory, where destructors run: a HostObject refers to it and a
// cleanup of that object (cleanup.hpp) deletes it. A function is a bound method of a HostObject. A class is
// one of the language, compiled in a module of its own from a text that hands each call on to a function; so
// it is inherited from, traced and cached as any other. Its instances keep their HostObject in a field that
// no program can name.
#include <cctype>
#include <new>
#include <stdexcept>
#include <typeinfo>
#include <vector>

#include "gc/heap.hpp"
#include "gc/root.hpp"
#include "vm/cleanup.hpp"
#include "vm/compiler.hpp"
#include "vm/embed/access.hpp"
#include "vm/instance.hpp"
#include "vm/module.hpp"
#include "vm/native_arguments.hpp"
#include "vm/native_class.hpp"
#include "vm/operations.hpp"
#include "vm/symbol_table.hpp"

namespace interlox::embed {
namespace {

using vm::Object;
using vm::ObjectKind;

/// What is deleted when its HostObject has been collected.
struct Payload {
  Payload() = default;
  Payload(const Payload&) = delete;
  Payload& operator=(const Payload&) = delete;
  virtual ~Payload() = default;
};

struct FunctionPayload final : Payload {
  FunctionPayload(std::string_view n, Function f) : name(n), function(std::move(f)) {}
  std::string name;
  Function function;
};

struct ObjectPayload final : Payload {
  ObjectPayload(const std::type_info& t, std::shared_ptr<void> o) : type(&t), object(std::move(o)) {}
  const std::type_info* type;
  std::shared_ptr<void> object;
};

struct HostObject : Object {
  Payload* payload;
  vm::NativeMember member;  // of a function

  HostObject(Payload* p, vm::NativeMember m) noexcept : Object(ObjectKind::host), payload(p), member(m) {}
};

/// The action of the cleanup: deletes the payload whose address the argument is.
vm::Value release(const vm::Arguments& in) {
  delete reinterpret_cast<Payload*>(static_cast<std::uintptr_t>(in[0].as_number()));
  return vm::Value::nil();
}

HostObject* make_host_object(std::unique_ptr<Payload> payload, vm::NativeMember member) {
  static const gc::Root<vm::Native> action(vm::Native::make(vm::intern("release"), 1, release));
  auto* const object = ::new (gc::allocate(sizeof(HostObject))) HostObject(payload.get(), member);
  // An address has less than the 53 bits that a number holds.
  const auto address = static_cast<double>(reinterpret_cast<std::uintptr_t>(payload.get()));
  vm::Cleanup::add(object, vm::Value::object(action.get()), vm::Value::number(address));
  static_cast<void>(payload.release());
  return object;
}

vm::Value run_function(const Function& function, const vm::Arguments& in) {
  std::vector<Value> arguments;
  arguments.reserve(in.count());
  for (std::uint32_t i = 0; i < in.count(); ++i) arguments.push_back(Access::wrap(in[i]));
  return Access::word(function(arguments));
}

/// The method of the HostObject, which is its receiver and so lives until this returns.
vm::Value call_function(const vm::Arguments& in) {
  const auto& payload = static_cast<const FunctionPayload&>(*in.self<HostObject>().payload);
  try {
    return run_function(payload.function, in);
  } catch (const std::bad_alloc&) {
    throw;  // the interpreter knows it
  } catch (const std::exception& error) {
    return in.thread().raise(error.what());
  } catch (...) {
    return in.thread().raise(payload.name + "() threw a C++ exception of an unknown type.");
  }
}

/// The field of an instance that has its HostObject: a program has no such identifier.
const vm::Symbol* host_field() {
  static const gc::Root<const vm::Symbol> name(vm::intern("host object"));
  return name.get();
}

void set_host_object(vm::Value instance, const std::type_info& type, std::shared_ptr<void> object) {
  HostObject* const host =
      make_host_object(std::make_unique<ObjectPayload>(type, std::move(object)), vm::method("", 0, nullptr));
  auto* const target = vm::as<vm::Instance>(instance);
  target->cell(target->klass()->field(host_field()))->store(vm::Value::object(host));
}

/// The init() of a class.
Function initializer_of(const ClassPlan& plan) {
  return [make = plan.make, type = plan.type, name = plan.name](Arguments arguments) -> Value {
    if (make == nullptr) throw std::runtime_error("A program can't make a " + name + ".");
    std::shared_ptr<void> object = make(arguments.subspan(1));
    if (object == nullptr) throw std::runtime_error("There is no " + name + " to be had.");
    set_host_object(Access::word(arguments[0]), *type, std::move(object));
    return {};
  };
}

Function member_function(const ClassPlan& plan, const ClassPlan::Member& member) {
  return [run = member.run, type = plan.type, name = plan.name](Arguments arguments) -> Value {
    // Held on to: the instance may get another one meanwhile.
    const std::shared_ptr<void> self = find_host_object(Access::word(arguments[0]), *type);
    if (self == nullptr) throw std::runtime_error("The init() of " + name + " has not run.");
    return run(self.get(), arguments.subspan(1));
  };
}

bool is_identifier(std::string_view name) noexcept {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) return false;
  for (const char c : name) {
    if (c != '_' && (std::isalnum(static_cast<unsigned char>(c)) == 0 || (c & 0x80) != 0)) return false;
  }
  return true;
}

/// The text of a class whose members call globals of its module.
class ClassText {
 public:
  ClassText(vm::Module& module, const std::string& name) : module_(module), text_("class " + name + " {") {}

  /// A member that hands its receiver and arguments to `function`.
  void add(const std::string& name, bool is_getter, std::uint32_t arity, Function function) {
    const std::string global = "__host" + std::to_string(count_++);
    module_.define(vm::intern(global), make_host_function(name, vm::Arity(arity + 1), std::move(function)));
    std::string parameters;
    for (std::uint32_t i = 0; i < arity; ++i)
      parameters.append(i == 0 ? "" : ", ").append("a").append(std::to_string(i));
    text_.append(" ").append(name);
    if (!is_getter) text_.append("(").append(parameters).append(")");
    text_.append(name == "init" ? " { " : " { return ").append(global).append("(this");
    if (arity != 0) text_.append(", ").append(parameters);
    text_.append("); }");
  }
  std::string finish() { return text_ + " }"; }

 private:
  vm::Module& module_;
  std::string text_;
  std::uint32_t count_ = 0;
};

constexpr const char* kDefine = "Interpreter::define";

void check_names(const ClassPlan& plan) {
  constexpr std::uint32_t kMaxArity = 254;  // and the receiver
  if (!is_identifier(plan.name) || plan.name.starts_with("__host")) {
    misuse(kDefine, "'" + plan.name + "' can't be the name of a class");
  }
  if (plan.arity > kMaxArity) misuse(kDefine, plan.name + "() takes too many arguments");
  for (const ClassPlan::Member& member : plan.members) {
    if (!is_identifier(member.name) || member.name == "init") {
      misuse(kDefine, "'" + member.name + "' can't be the name of a member of " + plan.name);
    }
    if (member.arity > kMaxArity)
      misuse(kDefine, plan.name + "." + member.name + "() takes too many arguments");
  }
}

}  // namespace

void prepare_host_objects() { host_field(); }

vm::Value make_host_function(std::string_view name, vm::Arity arity, Function f) {
  auto payload = std::make_unique<FunctionPayload>(name, std::move(f));
  const vm::NativeMember member = vm::method(payload->name, arity, call_function);
  HostObject* const host = make_host_object(std::move(payload), member);
  return vm::Value::object(vm::BoundNative::make(vm::Value::object(host), &host->member));
}

vm::Value make_host_class(vm::VM& machine, const ClassPlan& plan) {
  check_names(plan);
  const vm::Symbol* const name = vm::intern(plan.name);
  vm::Module& module = *vm::Module::make(*machine.main_module().realm, name);
  ClassText text(module, plan.name);
  text.add("init", false, plan.make == nullptr ? 0 : plan.arity, initializer_of(plan));
  for (const ClassPlan::Member& member : plan.members) {
    text.add(member.name, member.is_property, member.arity, member_function(plan, member));
  }
  std::string errors;
  const vm::Function* const code = vm::compile(module, text.finish(), {}, vm::CompileMode::program, errors);
  if (code == nullptr)
    misuse(kDefine, "a name of the class " + plan.name + " is none of the language: " + errors);
  const vm::Result result = machine.run(code);
  if (result.status != vm::Status::ok) throw std::bad_alloc();  // a declaration fails of nothing else
  return module.global(name);
}

vm::Value make_host_instance(vm::Value klass, const std::type_info& type, std::shared_ptr<void> object) {
  const vm::Value instance = vm::Value::object(vm::instantiate(vm::as<vm::Class>(klass)));
  set_host_object(instance, type, std::move(object));
  return instance;
}

std::shared_ptr<void> find_host_object(vm::Value v, const std::type_info& type) noexcept {
  if (!vm::is_instance(v)) return nullptr;
  const auto* const instance = vm::as<const vm::Instance>(v);
  const auto slot = instance->klass()->find_field(host_field());
  const vm::Cell* const cell = slot ? instance->find_cell(*slot) : nullptr;
  const vm::Value found = cell == nullptr ? vm::Value::absent() : cell->load();
  if (!vm::is_object(found, ObjectKind::host)) return nullptr;
  const auto* const host = vm::as<HostObject>(found);
  const auto& payload = static_cast<const ObjectPayload&>(*host->payload);
  std::shared_ptr<void> object = *payload.type == type ? payload.object : nullptr;
  gc::keep_alive(host);  // so that the payload has been there until now
  return object;
}

}  // namespace interlox::embed
