// SPDX-License-Identifier: BSD-3-Clause
// Invariants
//   I1  Under one mutex for all modules: their states, their loaders, and the lists of threads that wait.
//   I2  Who put a module into its realm's map is its loader, and ends its loading, whatever happens.
//   I3  Waits for modules are edges in the graph of waits (deadlock.hpp), which ends one of them where a
//   circle
//       of threads would wait for each other, for modules or in join(). Where all threads are blocked
//       otherwise, by channels or locks, all imports that wait go on.
//   I4  A failed module is taken out of the map by whoever meets it, before they try again.
//
// Under the collector: no allocation and no code of the program under the mutex.
#include "vm/import.hpp"

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>

#include "vm/compiler.hpp"
#include "vm/file.hpp"
#include "vm/interpreter.hpp"
#include "vm/native_arguments.hpp"
#include "vm/symbol_table.hpp"
#include "vm/waiting.hpp"

namespace interlox::vm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".lox";

/// Guards the states of all modules, and lists of who waits for them. Lives for ever: threads may run until
/// the process ends.
std::mutex& loads_mutex() noexcept {
  static constinit std::mutex mutex;
  static_assert(std::is_trivially_destructible_v<std::mutex>);
  return mutex;
}

enum class Loaded : std::uint8_t { now, circle, interrupted };

/// Returns when the module is not loading any more, or when waiting would close a circle.
Loaded wait_for(const Thread& thread, Module& module) {
  Wait wait("import");
  Waiter self(wait);
  std::uint64_t loader = 0;
  {
    const std::lock_guard hold(loads_mutex());
    if (module.state.load(std::memory_order_relaxed) != ModuleState::loading) return Loaded::now;  // I1
    loader = module.loader;
    if (loader == thread.identity()) return Loaded::circle;
    module.waiters.append(self);
  }
  const Wait::Outcome outcome = wait.await(loader, Wait::Edge::import);
  const std::lock_guard hold(loads_mutex());
  module.waiters.remove(self);
  if (outcome == Wait::Outcome::interrupted) return Loaded::interrupted;
  return outcome == Wait::Outcome::circle ? Loaded::circle : Loaded::now;
}

/// The loading of a module by this thread: over, and failed if nothing else is said, when the scope ends.
class Loading {
 public:
  explicit Loading(Module& module) noexcept : module_(module) {}
  ~Loading() {
    const std::lock_guard hold(loads_mutex());
    module_.state.store(outcome_, std::memory_order_release);  // (1) pairs with (2)
    module_.waiters.end_all(Wait::Outcome::served);
  }
  Loading(const Loading&) = delete;
  Loading& operator=(const Loading&) = delete;

  void succeed() noexcept { outcome_ = ModuleState::loaded; }

 private:
  Module& module_;
  ModuleState outcome_ = ModuleState::failed;
};

/// What an import's path has been found to mean.
struct Target {
  const Symbol* key = nullptr;  // in Realm::modules
  std::string source_name;
  const StandardModule* standard = nullptr;  // null: a file, whose path the key is
};

std::string_view without_suffix(std::string_view path) noexcept {
  if (path.ends_with(kSuffix)) path.remove_suffix(kSuffix.size());
  return path;
}

/// The canonical path of a file; what it was called if there is no such file.
fs::path canonical_or_given(const fs::path& path) {
  std::error_code error;
  fs::path result = fs::canonical(path, error);
  return error ? path : result;
}

/// What the importer's source is called; nothing where it has no name.
fs::path source_path(const Function& importer) {
  return importer.source_name == nullptr ? fs::path() : fs::path(importer.source_name->view());
}

fs::path file_of(const Function& importer) {
  if (importer.module->path != nullptr) return importer.module->path->view();
  return canonical_or_given(source_path(importer));
}

/// The file beside `importer_file` that the path means, if there is one.
std::optional<Target> find_file(const Function& importer, const fs::path& importer_file,
                                std::string_view bare) {
  const std::string name = std::string(bare) + std::string(kSuffix);
  std::error_code error;
  const fs::path file = fs::canonical(importer_file.parent_path() / name, error);
  if (error || fs::is_directory(file, error)) return std::nullopt;
  // In messages the file is called as the importer's is: relative if that is.
  fs::path shown = (source_path(importer).parent_path() / name).lexically_normal();
  if (canonical_or_given(shown) != file) shown = file;
  return Target{intern(file.native()), shown.native(), nullptr};
}

std::optional<Target> resolve(const Function& importer, std::string_view path) {
  const Module& module = *importer.module;
  if (module_name(path).empty() || path.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string_view bare = without_suffix(path);
  const StandardModule* const standard = module.realm->standard_module(bare);
  if (!module.is_standard) {
    const fs::path importer_file = file_of(importer);
    std::optional<Target> file = find_file(importer, importer_file, bare);
    // A program json.lox that imports "json" means the library's: itself would be of no use to it.
    if (file && (standard == nullptr || file->key->view() != importer_file.native())) return file;
  }
  if (standard == nullptr) return std::nullopt;
  return Target{intern(standard->name), "stdlib/" + std::string(standard->name) + std::string(kSuffix),
                standard};
}

Value raise_about(Thread& thread, std::string_view what, std::string_view path) {
  return thread.raise(std::string(what).append(" module '").append(path).append("'."));
}

/// False, with the thread's error set, if a property has no value.
bool define_natives(Thread& thread, Module& module, const StandardModule& standard) {
  for (const NativeMember& member : standard.members) {
    const Symbol* const name = intern(member.name);
    const Value value = member.is_property
                            ? member.function(Arguments(thread, member.name, Value::nil(), nullptr, 0))
                            : Value::object(Native::make(name, member.arity, member.function));
    if (value.is_absent()) return false;
    module.define(name, value);
  }
  return true;
}

/// Runs the module's code. False with the thread's error set.
bool run_module(Thread& thread, Module& module, const Target& target, std::string_view path) {
  std::string text;
  if (target.standard != nullptr) {
    if (!define_natives(thread, module, *target.standard)) return false;
    text = target.standard->source;
  } else if (const int error = read_file(module.path->bytes, text); error != 0) {
    thread.output().report("interlox: cannot read '" + target.source_name +
                           "': " + std::generic_category().message(error));
    raise_about(thread, "Cannot load", path);
    return false;
  }
  std::string errors;
  const Function* const code = compile(module, text, target.source_name, CompileMode::program, errors);
  if (code == nullptr) {
    thread.output().report(errors);
    raise_about(thread, "Cannot load", path);
    return false;
  }
  return !call_value(thread, Value::object(Closure::make(code)), nullptr, 0).is_absent();
}

/// A module that nobody else knows yet, which this thread is to load.
Module* make_loading(const Thread& thread, Realm& realm, const Target& target, std::string_view path) {
  Module* const module = Module::make(realm, intern(module_name(path)));
  module->is_standard = target.standard != nullptr;
  if (!module->is_standard) module->path = String::make(target.key->view());
  module->state.store(ModuleState::loading, std::memory_order_relaxed);  // published by the map
  module->loader = thread.identity();
  return module;
}

}  // namespace

std::string_view module_name(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return without_suffix(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

Value import_module(Thread& thread, const Function& importer, std::string_view path) {
  Realm& realm = *importer.module->realm;
  const std::optional<Target> target = resolve(importer, path);
  if (!target) return raise_about(thread, "Cannot find", path);
  while (true) {
    std::optional<Module*> known = realm.modules.load(target->key);
    if (!known) {
      Module* const fresh = make_loading(thread, realm, *target, path);
      const auto stored = realm.modules.load_or_store(target->key, fresh);
      if (!stored.loaded) {
        Loading loading(*fresh);
        if (!run_module(thread, *fresh, *target, path)) return Value::absent();
        loading.succeed();
        return Value::object(fresh);
      }
      known = stored.value;
    }
    Module& module = **known;
    if (module.state.load(std::memory_order_acquire) == ModuleState::loading &&  // (2) pairs with (1)
        wait_for(thread, module) == Loaded::interrupted) {
      return raise_interrupted(thread);
    }
    if (module.state.load(std::memory_order_acquire) != ModuleState::failed) {  // likewise
      return Value::object(&module);
    }
    realm.modules.compare_and_delete(target->key, &module);  // I4
  }
}

void know_script(Realm& realm, std::string_view source_name) {
  if (!source_name.ends_with(kSuffix)) return;  // nobody can import it
  std::error_code error;
  const fs::path file = fs::canonical(fs::path(source_name), error);
  if (!error) realm.modules.load_or_store(intern(file.native()), realm.main);
}

}  // namespace interlox::vm
