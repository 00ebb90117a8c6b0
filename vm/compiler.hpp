// SPDX-License-Identifier: BSD-3-Clause
// The compiler: from source text to a function that can be run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vm/diagnostics.hpp"
#include "vm/module.hpp"

namespace interlox::vm {

enum class CompileMode : std::uint8_t {
  program,     // declarations; the function returns nil
  expression,  // one expression and nothing else; the function returns its value
};

/// Compiles `source` to a function without parameters, for the globals of `module`. `name` is the file's, for
/// diagnostics; it is empty where there is none. Returns null after errors, which `diagnostics` then has;
/// otherwise that is left empty.
///
/// Never recurses deeper than the calling thread's stack allows: code that is nested too deeply is an error.
/// Any number of threads may compile at once, each with a ThreadScope. Throws gc::OutOfMemory and
/// std::bad_alloc.
const Function* compile(Module& module, std::string_view source, std::string_view name, CompileMode mode,
                        std::vector<Diagnostic>& diagnostics);
/// The same; `errors` gets them in their plain form, joined by '\n'.
const Function* compile(Module& module, std::string_view source, std::string_view name, CompileMode mode,
                        std::string& errors);

/// The errors of `source` as a program, or, if it has none, its warnings. Otherwise as compile().
std::vector<Diagnostic> check(Module& module, std::string_view source, std::string_view name);

}  // namespace interlox::vm
