// SPDX-License-Identifier: BSD-3-Clause
// Imports: where a module is looked up, who loads it, who waits.
#pragma once

#include <string_view>

#include "vm/function.hpp"
#include "vm/realm.hpp"
#include "vm/thread.hpp"

namespace interlox::vm {

/// The module object that `import "path"` in the code of `importer` stands for; loaded by this call if nobody
/// has. Looked up beside the importer's file (beside none: in the current folder), then in the standard
/// library; a standard module's imports only there. A file counts by its canonical path, however it is
/// spelled.
///
/// A module that another thread is loading is waited for, unless that would close a circle of waiting
/// threads: then, as in a cycle of imports, it comes as far as it is defined. Absent, with the thread's error
/// set, if there is no such module, if it does not compile (its errors have been reported to the thread's
/// output), or with the error of its own code; a later import tries again.
///
/// `thread` is the calling thread's, which may be stopped by the collector while it waits. Throws
/// gc::OutOfMemory and std::bad_alloc.
Value import_module(Thread& thread, const Function& importer, std::string_view path);

/// The last name in an import's path without the suffix .lox: what the import binds where it says no `as`.
std::string_view module_name(std::string_view path) noexcept;

/// Notes that the main module runs the file `source_name`, if it is one: who imports that gets the main
/// module, as far as it is defined, and the file is not run again. Throws as import_module().
void know_script(Realm& realm, std::string_view source_name);

}  // namespace interlox::vm
