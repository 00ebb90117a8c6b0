// SPDX-License-Identifier: BSD-3-Clause
// Does not compile, on purpose: what it names would need destructors to run.
#include <string>

#include "trie/hash_trie_map.hpp"

#ifdef INTERLOX_OWNING_KEY
template class interlox::trie::HashTrieMap<std::string, int>;
#endif
#ifdef INTERLOX_OWNING_VALUE
template class interlox::trie::HashTrieMap<int, std::string>;
#endif
