// SPDX-License-Identifier: BSD-3-Clause
// Named places between two steps of a thread. A test that builds a file of gc/ into itself, with
// INTERLOX_GC_MOMENTS defined, lets something happen there; otherwise they are nothing.
#pragma once

namespace interlox::gc {

#ifdef INTERLOX_GC_MOMENTS
void moment(const char* what) noexcept;  // defined by that test
#else
inline void moment(const char* /*what*/) noexcept {}
#endif

}  // namespace interlox::gc
