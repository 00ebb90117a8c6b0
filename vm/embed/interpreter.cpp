// SPDX-License-Identifier: BSD-3-Clause
#include <cstring>
#include <mutex>
#include <unistd.h>

#include "gc/heap.hpp"
#include "stdlib/natives.hpp"
#include "vm/class.hpp"
#include "vm/collecting.hpp"
#include "vm/deadlock.hpp"
#include "vm/embed/access.hpp"
#include "vm/file.hpp"
#include "vm/output.hpp"
#include "vm/runtime_error.hpp"
#include "vm/unjoined_errors.hpp"

namespace interlox {

using embed::Access;
using embed::misuse;
using embed::require_thread;

namespace embed {

void misuse(const char* function, const std::string& what) {
  throw Misuse("interlox::" + std::string(function) + ": " + what);
}

void require_thread(const char* function) {
  if (!vm::Thread::exists()) misuse(function, "the calling thread has no interlox::ThreadScope");
}

namespace {

/// An error whose text is a message and a line for each frame of the trace.
Error runtime_error(std::string text, const std::vector<vm::TraceFrame>& trace, std::string hint) {
  Error error;
  std::size_t length = text.size();
  for (const vm::TraceFrame& frame : trace) {
    length -= vm::plain_text(frame).size() + 1;
    error.trace.push_back({frame.function, frame.file, frame.at.line, frame.at.column});
  }
  error.message = text.substr(0, length);
  error.text = std::move(text);
  error.hint = std::move(hint);
  return error;
}

}  // namespace

Error error_of(vm::Result result) {
  if (result.status == vm::Status::runtime_error) {
    return runtime_error(std::move(result.error), result.trace, std::move(result.hint));
  }
  Error error;
  error.status = Status::compile_error;
  error.text = std::move(result.error);
  for (const vm::Diagnostic& found : result.diagnostics) {
    error.problems.push_back({found.text, found.file, found.at.line, found.at.column});
  }
  if (!result.diagnostics.empty()) {
    error.message = result.diagnostics.front().text;
    error.hint = result.diagnostics.front().hint;
  }
  return error;
}

Error take_error_of(vm::Thread& thread) {
  vm::UncaughtError error = vm::take_uncaught(thread);
  return runtime_error(std::move(error.text), error.trace, {});
}

Error plain_error(std::string message) { return runtime_error(std::move(message), {}, {}); }

namespace {

/// The host's callbacks as the sink of a program.
class HostOutput final : public vm::Output {
 public:
  HostOutput(std::function<void(std::string_view)> write, std::function<void(std::string_view)> report)
      : write_(std::move(write)), report_(std::move(report)) {}

  void write(std::string_view text) override {
    if (!write_) return vm::StandardOutput::instance()->write(text);
    const std::lock_guard<std::recursive_mutex> hold(mutex_);
    write_(text);
  }
  void flush() override {
    if (!write_) vm::StandardOutput::instance()->flush();
  }
  void report(std::string_view text) override {
    if (!report_) return Output::report(text);
    const std::lock_guard<std::recursive_mutex> hold(mutex_);
    report_(text);
  }

 private:
  const std::function<void(std::string_view)> write_;
  const std::function<void(std::string_view)> report_;
  std::recursive_mutex mutex_;  // a callback may run programs that print
};

/// Sends what this thread prints to `output`, for as long as it lives.
class Redirection {
 public:
  explicit Redirection(std::shared_ptr<vm::Output> output)
      : thread_(vm::Thread::current()), before_(thread_.shared_output()) {
    thread_.set_output(std::move(output));
  }
  ~Redirection() {
    thread_.output().flush();  // the host may write to the same file
    thread_.set_output(std::move(before_));
  }
  Redirection(const Redirection&) = delete;
  Redirection& operator=(const Redirection&) = delete;

 private:
  vm::Thread& thread_;
  std::shared_ptr<vm::Output> before_;
};

constexpr const char* kConstructor = "Interpreter";

void start_collector(const Options& options) {
  static std::mutex mutex;
  const std::lock_guard<std::mutex> hold(mutex);
  if (gc::is_initialized()) return;
  gc::HeapOptions heap;
  heap.initial_heap = options.initial_heap;
  heap.max_heap = options.max_heap;
  if (options.collector == Collector::already_initialized) {
    try {
      gc::adopt(heap);
    } catch (const std::logic_error& error) {
      misuse(kConstructor, error.what());
    }
    return;
  }
  if (gc::is_collector_running()) {
    misuse(kConstructor, "the collector runs already: ask for Collector::already_initialized");
  }
  if (gettid() != getpid()) misuse(kConstructor, "the first one must be made on the main thread");
  gc::initialize(heap);
}

[[noreturn]] void on_deadlock(const std::string& report) {
  constexpr int kRuntimeError = 70;
  vm::UnjoinedErrors::instance().report_all();
  vm::StandardOutput::instance()->report(report);
  _exit(kRuntimeError);
}

/// The scope of a thread that has made an Interpreter, until the thread ends.
void enter_thread() {
  thread_local std::unique_ptr<vm::ThreadScope> scope;
  if (!vm::Thread::exists()) scope = std::make_unique<vm::ThreadScope>();
}

/// What a vm::Result is to the host. A vm::Result is kept on the stack.
Result host_result(vm::Result result) {
  if (result.status == vm::Status::ok) return Access::wrap(result.value);
  return error_of(std::move(result));
}

Result call_value(vm::Value callee, Arguments arguments) {
  std::vector<vm::Value> words;  // the handles keep what these refer to
  words.reserve(arguments.size());
  for (const Value& argument : arguments) words.push_back(Access::word(argument));
  return host_result(vm::VM::call(callee, words.data(), static_cast<std::uint32_t>(words.size())));
}

}  // namespace
}  // namespace embed

struct ThreadScope::Impl {
  vm::ThreadScope scope;
};

ThreadScope::ThreadScope() {
  if (!gc::is_initialized()) misuse("ThreadScope", "there has been no interlox::Interpreter yet");
  impl_ = std::make_unique<Impl>();
}
ThreadScope::~ThreadScope() = default;

struct Interpreter::Impl {
  /// A class that define() has made.
  struct HostClass {
    Value klass;
    const std::type_info* type;
  };

  explicit Impl(Options& options)
      : output(std::make_shared<embed::HostOutput>(std::move(options.output), std::move(options.report))) {}

  const std::shared_ptr<vm::Output> output;
  vm::VM machine;
  std::mutex mutex;  // of what follows; nothing is allocated from the heap under it
  std::vector<HostClass> classes;
};

Interpreter::Interpreter(Options options) {
  embed::start_collector(options);
  vm::set_deadlock_handler(options.detect_deadlocks ? embed::on_deadlock : nullptr);
  embed::enter_thread();
  impl_ = std::make_unique<Impl>(options);
  stdlib::install(impl_->machine);
  embed::prepare_host_objects();
}

Interpreter::~Interpreter() = default;
Interpreter::Interpreter(Interpreter&&) noexcept = default;
Interpreter& Interpreter::operator=(Interpreter&&) noexcept = default;

Interpreter::Impl& Interpreter::impl(const char* function) const {
  if (impl_ == nullptr) misuse(function, "the interpreter has been moved from");
  require_thread(function);
  return *impl_;
}

Result Interpreter::run(std::string_view source, std::string_view name) {
  Impl& self = impl("Interpreter::run");
  const embed::Redirection redirection(self.output);
  return embed::host_result(self.machine.run(source, name));
}

Result Interpreter::run_file(const std::string& path) {
  Impl& self = impl("Interpreter::run_file");
  std::string source;
  if (const int code = vm::read_file(path.c_str(), source); code != 0) {
    Error error = embed::plain_error("cannot read '" + path + "': " + std::strerror(code));
    error.status = Status::unreadable;
    return error;
  }
  const embed::Redirection redirection(self.output);
  return embed::host_result(self.machine.run(source, path));
}

Result Interpreter::eval(std::string_view expression) {
  Impl& self = impl("Interpreter::eval");
  const embed::Redirection redirection(self.output);
  return embed::host_result(self.machine.eval(expression));
}

Result Interpreter::call(const Value& callee, Arguments arguments) {
  const embed::Redirection redirection(impl("Interpreter::call").output);
  return embed::call_value(Access::word(callee), arguments);
}

Result Interpreter::call_global(std::string_view name, Arguments arguments) {
  Impl& self = impl("Interpreter::call_global");
  const std::optional<vm::Value> callee = self.machine.global(name);
  if (!callee) return embed::plain_error("Undefined variable '" + std::string(name) + "'.");
  const embed::Redirection redirection(self.output);
  return embed::call_value(*callee, arguments);
}

std::optional<Value> Interpreter::global(std::string_view name) const {
  const std::optional<vm::Value> found = impl("Interpreter::global").machine.global(name);
  if (!found) return std::nullopt;
  return Access::wrap(*found);
}

void Interpreter::set_global(std::string_view name, const Value& value) {
  impl("Interpreter::set_global").machine.set_global(name, Access::word(value));
}

Value Interpreter::make_function(std::string_view name, Arity arity, Function f) {
  impl("Interpreter::function");
  if (f == nullptr) misuse("Interpreter::function", "'" + std::string(name) + "' is an empty function");
  return Access::wrap(embed::make_host_function(name, {arity.min, arity.max}, std::move(f)));
}

void Interpreter::define_builtin(std::string_view name, const Value& value) {
  impl("Interpreter::define").machine.define_builtin(name, Access::word(value));
}

Value Interpreter::define_class(const embed::ClassPlan& plan) {
  Impl& self = impl("Interpreter::define");
  Value klass = Access::wrap(embed::make_host_class(self.machine, plan));
  self.machine.define_builtin(plan.name, Access::word(klass));
  const std::lock_guard<std::mutex> hold(self.mutex);
  self.classes.push_back({klass, plan.type});
  return klass;
}

Value Interpreter::wrap_object(const Value& klass, const std::type_info& type, std::shared_ptr<void> object) {
  constexpr const char* kWrap = "Interpreter::wrap";
  Impl& self = impl(kWrap);
  if (object == nullptr) misuse(kWrap, "the pointer is null");
  {
    const std::lock_guard<std::mutex> hold(self.mutex);
    bool known = false;
    for (const Impl::HostClass& one : self.classes) known |= one.klass == klass && *one.type == type;
    if (!known) misuse(kWrap, std::string("the class is not one that define() made for ") + type.name());
  }
  return Access::wrap(embed::make_host_instance(Access::word(klass), type, std::move(object)));
}

void Interpreter::collect() {
  require_thread("Interpreter::collect");
  vm::collect_and_tidy();
}

}  // namespace interlox
