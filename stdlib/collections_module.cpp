// SPDX-License-Identifier: BSD-3-Clause
// collections: what Lox can't say. The rest is in collections.lox.
#include "stdlib/modules.hpp"
#include "stdlib/optional_arguments.hpp"

namespace interlox::stdlib {
namespace {

constexpr vm::NativeMember kMembers[] = {
    vm::method("_optional", 2, make_arguments_optional),
};

}  // namespace

const std::span<const vm::NativeMember> collections_members = kMembers;

}  // namespace interlox::stdlib
