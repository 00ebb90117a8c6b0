// SPDX-License-Identifier: BSD-3-Clause
// Snapshots of the heap in the format that Chrome's DevTools load.
#pragma once

namespace interlox::vm {

/// Writes all objects of the process, with their references, to a file that DevTools open (.heapsnapshot).
/// What it shows is the heap of one moment, right after a collection's mark: the other threads stand still
/// while the objects are walked over, which takes about a second for a million of them; the file is written
/// afterwards. docs/heap-snapshots.md says what is in it.
///
/// 0, or the errno of what went wrong: part of the file may have been written then; ENOTSUP where there are
/// no collections. Takes some 150 bytes of memory for each object; throws gc::OutOfMemory when it can't have
/// them. Any registered thread that holds no lock.
int write_heap_snapshot(const char* path);

}  // namespace interlox::vm
