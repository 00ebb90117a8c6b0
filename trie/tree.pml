/* SPDX-License-Identifier: BSD-3-Clause

   A model of trie/tree.hpp, split.hpp and maintenance.hpp for Spin (spinroot.com): writers that insert, remove
   and replace while leaves split and merge and the root grows and shrinks. Every order of the steps is tried,
   over all small trees that inserts, removals and a growth can make. What a thread does is in tree_thread.pml and
   tree_maintenance.pml. tests/model/CMakeLists.txt runs it.

       spin -a tree.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m100000

   What must hold, whatever the order:
     - a load that begins and ends while nobody changes its key gives what the key has; an insert, a removal or a
       replacement finds the key as it must be at the step where it takes effect (link_entry, unlink_entry);
     - loads wait for nobody and pass each level of the tree once;
     - a node or an entry is retired once, when it is unlinked, and never linked again (I2, I10);
     - nobody waits for ever: there is no state in which threads are left and none can go on;
     - at the end the keys are those that are left, each in its one place; no slot is frozen, no leaf is locked
       or dead, every leaf stands in all slots of its range and in no other, no slot of a branch is null (I1 to
       I6), and what is not reachable has been retired.

   What stands for what: a step here is one atomic access there, or steps of one thread that no other thread can
   tell apart. The names are those of the code, and the labels of the thread are its functions: `insert` is
   Tree::insert() with insert_into_slot() and insert_into_leaf(), `split` is Split::run(), `change` Tree::remove()
   and replace(); `grow`, `shrink` and `tidy` are those of Maintenance, where merge_at() is merge_twins() and
   merge_leaves(). When a thread would begin to grow, shrink or tidy is left open: here it may at any time.

   In the smallest form hashes have two bits, leaves one cell, roots up to four slots, and two keys whose hashes differ
   in the last bit come and go: enough for a leaf that stands in four slots and is split over two
   branches. -DKEYS, -DBITS, -DCELLS, -DMAX_ROOT_BITS and -DTHREADS make it larger. All fingerprints are taken to
   be equal, so none of them tells that a cell has another key by now.

   What is not in it: the machine's memory order (the steps are sequentially consistent; tree.hpp says at each
   access why that is enough), chains of keys that share a hash, clear(), values that change in place, and want of
   memory elsewhere than in a shrink.

   Each of these weakens one step, and the model must then fail, two of them with more keys:
     -DNO_DEAD_CHECK  a removal or replacement goes on in a leaf that it has found dead
     -DNO_RECHECK  ... does not look under the lock whether its entry is still there
     -DSPLIT_NO_RECHECK  a split does not look under the lock whether the cells are as planned
     -DBORN_OPEN -DKEYS=3 -DBITS=3  the leaves that a split makes are not locked from their birth
     -DFINGERPRINT_FIRST  a removal lets the leaf go before it takes the pointer
     -DGROW_WITHOUT_FREEZE  a growth copies slots of the root that it has not frozen
     -DHALF_FREEZE -DKEYS=3 -DMAX_ROOT_BITS=1  ... does not freeze the slots of the branches that it takes apart
     -DSHRINK_WITHOUT_FREEZE  a shrink copies slots that it has not frozen
     -DSTAY_FROZEN  a shrink that runs out of memory leaves slots frozen
     -DMERGE_NO_RECHECK  a merge does not look under the locks whether the cells are as planned
     -DMERGE_WITHOUT_LOCK  a branch over one leaf is replaced by it without its lock
     -DDROP_UNSEEN  an empty leaf is dropped from some slots, though it stands in others, too
     -DWAIT_IN_TURN  a growth waits for a leaf's lock, and has frozen a slot of it
     -DFORGET_BRANCHES  a growth does not retire the branches that it takes apart

   With Spin 6.5.2 the smallest sound one has 3,134,908 states and 4,746,379 transitions, all searched in eleven
   seconds without optimisation, in five with it; the compiler then needs longer for that than the search.
*/

#ifndef THREADS
#define THREADS 2
#endif
#ifndef BITS
#define BITS 2           /* of a hash */
#endif
#ifndef KEYS
#define KEYS 2
#endif
#ifndef MAX_ROOT_BITS
#define MAX_ROOT_BITS 2
#endif
#if MAX_ROOT_BITS == 1
#define MAX_ROOT_SLOTS 2
#else
#define MAX_ROOT_SLOTS 4
#endif
#ifndef CELLS
#define CELLS 1          /* of a leaf: 1 or 2 */
#endif

/* Two keys differ in the last bit alone, and from the other two in the first. */
#define HASH(key) (((key) & 1) + ((key) >> 1 << (BITS - 1)))
#define BIT(hash, bit) (((hash) >> (BITS - 1 - (bit))) & 1)
#define RANGE_BEGIN(hash, depth) (((hash) >> (BITS - (depth))) << (BITS - (depth)))
#define RANGE_END(hash, depth) ((hash) | ((1 << (BITS - (depth))) - 1))

/* A word of a slot: 0, or the number of a leaf, branch or direct entry, with a tag. Of a cell: an entry. */
#define kBranch 32
#define kDirect 64
#define kFrozen 128
#define IS_BRANCH(word) ((word) & kBranch)
#define IS_DIRECT(word) ((word) & kDirect)
#define IS_FROZEN(word) ((word) & kFrozen)
#define IS_LEAF(word) (((word) & ~kFrozen) != 0 && ((word) & (kBranch | kDirect)) == 0)
#define ID(word) ((word) & 31)

/* Pools. What a failed plan has made is free again; what was linked never is. */
#define LEAVES 24
#define BRANCHES 10
#define ROOTS (MAX_ROOT_BITS + THREADS + 1)
#define ENTRIES (KEYS + THREADS + 1)

/* A leaf: the state of its header, which cells have a fingerprint, its depth, its cells. */
#define kOpen 0
#define kLocked 1
#define kDead 2
byte leaf_state[LEAVES]; byte leaf_prints[LEAVES]; byte leaf_depth[LEAVES];
byte cell[LEAVES * CELLS];
#define CELL(leaf, i) cell[(leaf) * CELLS + (i)]
#define FULL ((1 << CELLS) - 1)
#define COUNT(prints) (((prints) & 1) + ((prints) >> 1))

/* A slot of a root or of a branch, by its address. */
byte slot[ROOTS * MAX_ROOT_SLOTS + BRANCHES * 2];
#define ROOT_SLOT(root, i) ((root) * MAX_ROOT_SLOTS + (i))
#define BRANCH_SLOT(branch, side) (ROOTS * MAX_ROOT_SLOTS + (branch) * 2 + (side))
byte branch_base[BRANCHES];

#define kIdle 0
#define kBusy 1
#define kReplaced 2
byte root_bits[ROOTS]; byte root_phase[ROOTS];
byte root = 0;

byte key_of[ENTRIES];

/* What the properties speak of. */
byte present[KEYS];            /* the entry of each key by the steps at which changes take effect; 0: none */
byte version[KEYS];            /* counts these */
int leaves_used = 1; int leaves_linked = 0; int leaves_retired = 0;
int branches_used = 0; int branches_linked = 0; int branches_retired = 0;
byte roots_used = 0; byte roots_retired = 0;
int entries_retired = 0;
byte running = 0;
bool direct;                   /* whether an entry that is alone may stand in a slot of the root */

#define HAS(set, id) (((set) >> (id)) & 1)
#define ADD(set, id) set = set | (1 << (id))
#define DROP(set, id) set = set & ~(1 << (id))

/* All of these are parts of a single step, or of what a thread does by itself. */
inline retire_leaf(gone) {
  assert(HAS(leaves_linked, gone) && !HAS(leaves_retired, gone)); ADD(leaves_retired, gone)
}
inline retire_branch(gone) {
  assert(HAS(branches_linked, gone) && !HAS(branches_retired, gone)); ADD(branches_retired, gone)
}
inline retire_entry(gone) { assert(!HAS(entries_retired, gone)); ADD(entries_retired, gone) }
inline link_entry(come) {
  assert(present[key_of[come]] == 0 && !HAS(entries_retired, come));
  present[key_of[come]] = come; version[key_of[come]]++
}
inline unlink_entry(gone) {
  assert(present[key_of[gone]] == gone);
  present[key_of[gone]] = 0; version[key_of[gone]]++
}
inline make_leaf(new_leaf, its_depth, its_first, its_second, its_state) {
  new_leaf = 1;
  do :: HAS(leaves_used, new_leaf) -> new_leaf++ :: else -> break od;
  assert(new_leaf < LEAVES);
  ADD(leaves_used, new_leaf);
  leaf_state[new_leaf] = its_state; leaf_depth[new_leaf] = its_depth;
  assert(CELLS > 1 || its_second == 0);
  CELL(new_leaf, 0) = its_first; CELL(new_leaf, CELLS - 1) = (CELLS > 1 -> its_second : its_first);
  leaf_prints[new_leaf] = (its_first != 0 -> 1 : 0) | (its_second != 0 -> 2 : 0)
}
inline drop_leaf(old_leaf) {
  DROP(leaves_used, old_leaf);
  leaf_state[old_leaf] = 0; leaf_prints[old_leaf] = 0; leaf_depth[old_leaf] = 0;
  CELL(old_leaf, 0) = 0; CELL(old_leaf, CELLS - 1) = 0
}
inline make_branch(new_branch, its_base, its_zero, its_one) {
  new_branch = 0;
  do :: HAS(branches_used, new_branch) -> new_branch++ :: else -> break od;
  assert(new_branch < BRANCHES);
  ADD(branches_used, new_branch);
  branch_base[new_branch] = its_base;
  slot[BRANCH_SLOT(new_branch, 0)] = its_zero; slot[BRANCH_SLOT(new_branch, 1)] = its_one
}
inline drop_branch(old_branch) {
  DROP(branches_used, old_branch);
  branch_base[old_branch] = 0; slot[BRANCH_SLOT(old_branch, 0)] = 0; slot[BRANCH_SLOT(old_branch, 1)] = 0
}
inline make_root(new_root, its_bits) {
  new_root = roots_used; assert(new_root < ROOTS); roots_used++;
  root_bits[new_root] = its_bits; root_phase[new_root] = kIdle
}
/* A word that was put into a slot others can reach. */
inline linked(its_word) {
  if
  :: IS_LEAF(its_word) -> assert(!HAS(leaves_retired, ID(its_word))); ADD(leaves_linked, ID(its_word))
  :: IS_BRANCH(its_word) -> assert(!HAS(branches_retired, ID(its_word))); ADD(branches_linked, ID(its_word))
  :: else
  fi
}

#include "tree_thread.pml"

/* What is left, with nobody inside. */
inline check() {
  int leaves_seen = 0; int branches_seen = 0; int entries_seen = 0;
  byte hash = 0; byte where, here, level, l, h;
  do
  :: hash < (1 << BITS) ->
     level = root_bits[root];
     where = ROOT_SLOT(root, hash >> (BITS - level));
     here = slot[where];
     do
     :: IS_BRANCH(here) ->
        assert(!IS_FROZEN(here) && branch_base[ID(here)] == level);
        ADD(branches_seen, ID(here));
        where = BRANCH_SLOT(ID(here), BIT(hash, level));
        level++;
        here = slot[where];
        assert(here != 0 && !IS_DIRECT(here))
     :: else -> break
     od;
     assert(!IS_FROZEN(here));
     if
     :: IS_DIRECT(here) ->
        assert(RANGE_BEGIN(HASH(key_of[ID(here)]), level) == RANGE_BEGIN(hash, level));
        assert(present[key_of[ID(here)]] == ID(here));
        ADD(entries_seen, ID(here))
     :: IS_LEAF(here) ->
        l = here;
        assert(leaf_state[l] == kOpen && leaf_depth[l] <= level);
        ADD(leaves_seen, l);
        n = 0;
        do
        :: n < CELLS ->
           assert((CELL(l, n) != 0) == ((leaf_prints[l] >> n) & 1));
           if
           :: CELL(l, n) != 0 ->
              h = HASH(key_of[CELL(l, n)]);
              assert(RANGE_BEGIN(h, leaf_depth[l]) == RANGE_BEGIN(hash, leaf_depth[l]));
              assert(present[key_of[CELL(l, n)]] == CELL(l, n));
              ADD(entries_seen, CELL(l, n))
           :: else
           fi;
           n++
        :: else -> break
        od;
        /* All of its range is in it. */
        h = RANGE_BEGIN(hash, leaf_depth[l]);
        if
        :: hash > h -> assert(previous == l)
        :: else -> assert(previous != l)
        fi
     :: else
     fi;
     previous = here;
     hash++
  :: else -> break
  od;
  n = 0;
  do
  :: n < KEYS -> if :: present[n] != 0 -> assert(HAS(entries_seen, present[n])) :: else fi; n++
  :: else -> break
  od;
  assert((leaves_linked & ~leaves_seen) == leaves_retired);
  assert((branches_linked & ~branches_seen) == branches_retired);
  assert((entries_seen & entries_retired) == 0);
  assert(roots_retired == (1 << root) - 1);
  assert(root_phase[root] == kIdle)
}

inline run_alone(operation, its_key, its_entry) {
  running++; run Thread(operation, its_key, its_entry); running == 0
}

/* What a thread does, and with which key. */
inline run_beside(its_entry) {
  select(k : 0 .. KEYS - 1);
  if
  :: n = INSERT
  :: n = REMOVE
  :: n = REPLACE
  :: n = LOAD
  :: k == 0 -> n = GROW
  :: k == 0 -> n = SHRINK
  :: k == 0 -> n = TIDY
  fi;
  if
  :: n * KEYS + k > order -> goto done  /* the same with the threads' names exchanged */
  :: else -> order = n * KEYS + k
  fi;
  key_of[its_entry] = k;
  running++;
  run Thread(n, k, its_entry)
}

/* Of how the tree came about nothing is left, so that trees that are alike are one state. */
inline forget() {
  k = 0;
  do
  :: k < LEAVES ->
     if :: k < KEYS -> version[k] = 0 :: else fi;
     if :: HAS(leaves_retired, k) -> drop_leaf(k) :: else fi;
     if :: k < BRANCHES && HAS(branches_retired, k) -> drop_branch(k) :: else fi;
     if :: k < ROOT_SLOT(root, 0) -> slot[k] = 0 :: else fi;
     k++
  :: else -> break
  od;
  leaves_linked = leaves_linked & ~leaves_retired; leaves_retired = 0;
  branches_linked = branches_linked & ~branches_retired; branches_retired = 0;
  entries_retired = 0;
  k = 0
}

/* What a split and a shrink leave behind where they meet: a leaf for all hashes, with one key, in both slots of
   a branch and beside it. */
inline make_twins() {
  make_root(n, 1);
  make_leaf(n, 0, 1, 0, kOpen);
  make_branch(k, 1, n, n);
  slot[ROOT_SLOT(0, 0)] = kBranch | k;
  slot[ROOT_SLOT(0, 1)] = n;
  linked(n);
  linked(slot[ROOT_SLOT(0, 0)]);
  key_of[1] = 0; key_of[2] = 1;
  present[0] = 1
}

init {
  byte k, n, previous, order = 255;
  if
  :: atomic { direct = false; make_twins(); n = 0; k = 0; goto start }
  :: atomic { direct = true; make_root(n, 0); n = 0 }
  :: atomic { direct = false; make_root(n, 0); n = 0 }
  fi;
  /* Any set of keys, in a root that has grown before or after they came; then some of them removed. */
  do
  :: n < MAX_ROOT_BITS -> n++; run_alone(GROW, 0, 0)
  :: break
  od;
  do
  :: k < KEYS ->
     key_of[k + 1] = k;
     if
     :: run_alone(INSERT, k, k + 1)
     :: true
     fi;
     k++
  :: else -> break
  od;
  do
  :: n < MAX_ROOT_BITS -> n++; run_alone(GROW, 0, 0)
  :: break
  od;
  k = 0;
  do
  :: k < KEYS ->
     if
     :: present[k] != 0 -> run_alone(REMOVE, k, 0)
     :: true
     fi;
     k++
  :: else -> break
  od;
  skip;
  d_step { forget() };
start:
  atomic {
    n = 0;
    do
    :: previous < THREADS -> run_beside(KEYS + 1 + previous); previous++
    :: else -> break
    od;
    previous = 0; k = 0; n = 0
  };
  running == 0;
  d_step { check() };
done:
  skip
}
