/* SPDX-License-Identifier: BSD-3-Clause

   A model of trie/tree.hpp, split.hpp and maintenance.hpp for Spin (spinroot.com): writers that insert, remove
   and replace while leaves split and merge and the root grows and shrinks. Every order of the steps is tried,
   over all small trees that inserts, removals and a growth can make. tests/model/CMakeLists.txt runs it.

       spin -a tree.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m100000

   What must hold, whatever the order:
     - a load that begins and ends while nobody changes its key gives what the key has (`Load`); an insert, a
       removal or a replacement finds the key as it is at the step where it takes effect (link, unlink);
     - loads wait for nobody and pass each level of the tree once;
     - a node or an entry is retired once, when it is unlinked, and never linked again (I2, I10);
     - nobody waits for ever: there is no state in which threads are left and none can go on;
     - at the end the keys are those that are left, each in its one place; no slot is frozen, no leaf is locked
       or dead, every leaf stands in all slots of its range and in no other, no slot of a branch is null (I1 to
       I6), and what is not reachable has been retired.

   What stands for what: a step here is one atomic access there, or the steps of one thread that no other
   thread can tell apart. Names are those of the code: Insert is Tree::insert with insert_into_slot and
   insert_into_leaf, and Split::run with install; Remove and Replace are Tree::remove and replace; Grow,
   Shrink and Tidy are those of Maintenance, Tidy with merge_below, merge_twins, merge_leaves and drop_empty.
   In the smallest form hashes have two bits, leaves one cell, roots up to four slots, and two keys of which the
   hashes differ in the last bit come and go: enough for a leaf that stands in four slots and is split over two
   branches. -DKEYS, -DBITS, -DCELLS, -DMAX_ROOT_BITS and -DTHREADS make it larger. All fingerprints are taken to
   be equal, so none of them tells that a cell has another key by now.

   What is not in it: the machine's memory order (the steps are sequentially consistent; tree.hpp says at each
   access why that is enough), chains of keys that share a hash, clear(), values that change in place, more than one
   count of memory running out, and when a thread would begin to grow, shrink or merge: here it may at any time.

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
inline retire_leaf(gone) { assert(HAS(leaves_linked, gone) && !HAS(leaves_retired, gone)); ADD(leaves_retired, gone) }
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

/* Tree::locate(): `top`, `at`, `word`, `depth`. */
inline locate(its_hash) {
  atomic { top = root; at = ROOT_SLOT(top, (its_hash) >> (BITS - root_bits[top])); depth = root_bits[top] };
  atomic { word = slot[at]; levels = 0 };
  do
  :: atomic { IS_BRANCH(word) ->
       at = BRANCH_SLOT(ID(word), BIT(its_hash, branch_base[ID(word)]));
       depth = branch_base[ID(word)] + 1;
       levels++;
       assert(levels <= BITS) };
     word = slot[at]
  :: else -> break
  od
}

/* Tree::look(): also `leaf`, `state` and `prints`, which are its header, and `index` and `found`. */
inline look(its_key) {
  locate(HASH(its_key));
  atomic {
    found = 0; leaf = 0;
    if
    :: IS_DIRECT(word) && key_of[ID(word)] == its_key -> found = ID(word)
    :: IS_LEAF(word) -> leaf = ID(word); state = leaf_state[leaf]; prints = leaf_prints[leaf]
    :: else
    fi;
    index = 0
  };
  do
  :: atomic { leaf != 0 && index < CELLS && found == 0 && ((prints >> index) & 1) ->
       found = CELL(leaf, index);
       if
       :: found == 0 || key_of[found] != its_key -> found = 0; index++
       :: else
       fi }
  :: atomic { leaf != 0 && index < CELLS && found == 0 && !((prints >> index) & 1) -> index++ }
  :: else -> break
  od
}

/* Tree::await_resize(). */
inline await_resize(seen_root) {
  if
  :: root != seen_root
  :: else -> root_phase[seen_root] != kBusy
  fi
}

#define INSERT 0
#define REMOVE 1
#define REPLACE 2
#define LOAD 3
#define GROW 4
#define SHRINK 5
#define TIDY 6

/* The parts of a subtree (class Subtree), made before any lock is taken. */
inline make_subtree() {
  cut = leaf_depth[leaf];
  do
  :: BIT(HASH(key_of[item[0]]), cut) == BIT(HASH(key_of[item[1]]), cut) &&
     BIT(HASH(key_of[item[0]]), cut) == BIT(HASH(key_of[item[CELLS]]), cut) -> cut++
  :: else -> break
  od;
  a = 0; b = 0; c = 0; d = 0;  /* side 0: a and b; side 1: c and d */
  i = 0;
  do
  :: i <= CELLS ->
     if
     :: BIT(HASH(key_of[item[i]]), cut) == 0 -> if :: a == 0 -> a = item[i] :: else -> b = item[i] fi
     :: else -> if :: c == 0 -> c = item[i] :: else -> d = item[i] fi
     fi;
     i++
  :: else -> break
  od;
  made = 0; made_branches = 0;
#ifdef BORN_OPEN
#define BIRTH kOpen
#else
#define BIRTH kLocked
#endif
  make_leaf(x, cut + 1, a, b, BIRTH); ADD(made, x); a = x;
  make_leaf(x, cut + 1, c, d, BIRTH); ADD(made, x); c = x;
  make_branch(x, cut, a, c); ADD(made_branches, x);
  subtree = kBranch | x;
  do
  :: cut > leaf_depth[leaf] ->
     cut--;
     make_leaf(x, cut + 1, 0, 0, BIRTH); ADD(made, x); a = x;
     if
     :: BIT(HASH(key_of[item[0]]), cut) -> make_branch(x, cut, a, subtree)
     :: else -> make_branch(x, cut, subtree, a)
     fi;
     ADD(made_branches, x);
     subtree = kBranch | x
  :: else -> break
  od;
  a = 0; b = 0; c = 0; d = 0; i = 0; cut = 0
}
/* Gives back what was made of it and never linked. */
inline drop_subtree() {
  i = 0;
  do
  :: i < LEAVES ->
     if :: HAS(made, i) && !HAS(leaves_linked, i) -> drop_leaf(i) :: else fi;
     if :: i < BRANCHES && HAS(made_branches, i) && !HAS(branches_linked, i) -> drop_branch(i) :: else fi;
     i++
  :: else -> break
  od;
  i = 0; made = 0; made_branches = 0; subtree = 0
}
/* Subtree::part() for the slot that was located for `position`; what hangs in it is linked. */
inline part_of_subtree() {
  x = subtree;
  do
  :: IS_BRANCH(x) && branch_base[ID(x)] < depth -> x = slot[BRANCH_SLOT(ID(x), BIT(position, branch_base[ID(x)]))]
  :: else -> break
  od;
  part = x;
  linked(part);
  if
  :: IS_BRANCH(part) ->
     linked(slot[BRANCH_SLOT(ID(part), 0)]); linked(slot[BRANCH_SLOT(ID(part), 1)]);
     a = 0;
     do
     :: a < 2 ->
        b = slot[BRANCH_SLOT(ID(part), a)];
        if
        :: IS_BRANCH(b) -> linked(slot[BRANCH_SLOT(ID(b), 0)]); linked(slot[BRANCH_SLOT(ID(b), 1)])
        :: else
        fi;
        a++
     :: else -> break
     od
  :: else
  fi;
  a = 0; b = 0; x = 0
}

/* Maintenance::freeze(). */
inline freeze(its_address, its_word) {
  atomic { its_word = slot[its_address] & ~kFrozen; slot[its_address] = slot[its_address] | kFrozen }
}

/* Maintenance::merge_twins() and merge_leaves() for the branch at `at`. */
inline merge_at() {
  atomic { word = slot[at]; if :: !IS_BRANCH(word) || IS_FROZEN(word) -> goto merged :: else fi };
  a = slot[BRANCH_SLOT(ID(word), 0)];
  atomic {
    b = slot[BRANCH_SLOT(ID(word), 1)];
    if :: IS_BRANCH(a) || IS_BRANCH(b) || IS_FROZEN(a) || IS_FROZEN(b) -> goto merged :: else fi
  };
  if
  :: a == b ->
     atomic { prints = leaf_prints[a]; if :: leaf_state[a] != kOpen -> goto merged :: else fi };
#ifndef MERGE_WITHOUT_LOCK
     atomic {
       if
       :: leaf_state[a] == kOpen && leaf_prints[a] == prints -> leaf_state[a] = kLocked
       :: else -> goto merged
       fi
     };
#endif
     atomic { assert(slot[at] == word); slot[at] = a; linked(a) };
#ifndef MERGE_WITHOUT_LOCK
     leaf_state[a] = kOpen;
#endif
     retire_branch(ID(word))
  :: else ->
     atomic {
       prints = leaf_prints[a];
       if :: leaf_state[a] != kOpen || leaf_depth[a] != branch_base[ID(word)] + 1 -> goto merged :: else fi
     };
     atomic {
       more = leaf_prints[b];
       if
       :: leaf_state[b] != kOpen || leaf_depth[b] != branch_base[ID(word)] + 1 ||
          COUNT(prints) + COUNT(more) > CELLS -> goto merged
       :: else
       fi
     };
     atomic {  /* The cells, read one by one there; here at once, and whatever has changed since is seen below. */
       i = 0; item[0] = 0; item[1] = 0; c = 0;  /* c: how many, or 3: too many */
       do
       :: i < 2 * CELLS ->
          d = CELL((i < CELLS -> a : b), i % CELLS);
          if
          :: d != 0 && c >= CELLS -> c = 3
          :: d != 0 && c < CELLS -> item[c] = d; c++
          :: else
          fi;
          i++
       :: else -> break
       od;
       i = 0; d = 0;
       if :: c == 3 -> goto merged :: else fi;
       make_leaf(x, branch_base[ID(word)], item[0], item[1], kLocked)
     };
     atomic {
       if
       :: leaf_state[a] == kOpen && leaf_prints[a] == prints -> leaf_state[a] = kLocked
       :: else -> drop_leaf(x); goto merged
       fi
     };
     atomic {
       if
       :: leaf_state[b] == kOpen && leaf_prints[b] == more -> leaf_state[b] = kLocked
       :: else -> c = 4
       fi
     };
     if
     :: atomic { c == 4 -> leaf_state[a] = kOpen; drop_leaf(x); goto merged }
     :: else
     fi;
#ifndef MERGE_NO_RECHECK
     atomic {  /* unchanged() */
       i = 0; c = 0;
       do
       :: i < 2 * CELLS ->
          d = CELL((i < CELLS -> a : b), i % CELLS);
          if
          :: d != 0 && (c == CELLS || item[c] != d) -> c = 4; break
          :: d != 0 && c < CELLS && item[c] == d -> c++
          :: else
          fi;
          i++
       :: else -> break
       od;
       if :: c < CELLS && item[c] != 0 -> c = 4 :: else fi;  /* 4: changed */
       i = 0; d = 0
     };
#endif
     if
     :: c == 4 ->
        leaf_state[a] = kOpen;
        atomic { leaf_state[b] = kOpen; drop_leaf(x); goto merged }
     :: else
     fi;
     atomic { assert(slot[at] == word); slot[at] = x; linked(x) };
     leaf_state[a] = kDead;
     leaf_state[b] = kDead;
     leaf_state[x] = kOpen;
     atomic { retire_leaf(a); retire_leaf(b); retire_branch(ID(word)) }
  fi;
merged:
  skip
}

/* An operation begins, or begins again: nothing is left of a plan that has failed, so that the states are one. */
inline begin() {
  was = present[key]; since = version[key];
  top = 0; at = 0; word = 0; depth = 0; leaf = 0; state = 0; prints = 0; index = 0; found = 0;
  item[0] = 0; item[1] = 0; item[CELLS] = 0; x = 0; position = 0; last = 0; i = 0
}

/* One operation: `what`, of `key`; `fresh` is the entry that it links if it does. */
proctype Thread(byte what; byte key; byte fresh) {
  byte top, at, word, depth, levels;                    /* a Place */
  byte leaf, state, prints, index, found;               /* a Sight */
  byte was, since;                                      /* of the key, when the operation began */
  byte item[CELLS + 1]; byte cut, x, part, subtree, position, last;
  byte a, b, c, d, i, more;
  int made, made_branches;

  if
  :: what == INSERT -> goto insert
  :: what == REMOVE || what == REPLACE -> goto change
  :: what == LOAD -> goto load
  :: what == GROW -> goto grow
  :: what == SHRINK -> goto shrink
  :: what == TIDY -> top = root; goto tidy
  fi;

load:
  atomic { begin() };
  look(key);
  atomic { if :: since == version[key] -> assert(found == was) :: else fi; goto done };

insert:
  atomic { begin() };
  look(key);
  if
  :: found != 0 -> atomic { if :: since == version[key] -> assert(found == was) :: else fi; goto done }
  :: else
  fi;
  if
  :: !IS_LEAF(word) && IS_FROZEN(word) -> await_resize(top); goto insert
  :: !IS_LEAF(word) && !IS_FROZEN(word) ->                             /* insert_into_slot() */
     atomic {
       part = kDirect | fresh;
       if
       :: word == 0 && !direct -> make_leaf(x, depth, fresh, 0, kOpen); part = x
       :: word != 0 && CELLS > 1 -> make_leaf(x, depth, ID(word), fresh, kOpen); part = x
       :: word != 0 && CELLS == 1 -> make_leaf(x, depth, ID(word), 0, kOpen); part = x  /* it then splits */
       :: else
       fi
     };
     atomic {
       if
       :: slot[at] == word ->
          slot[at] = part; linked(part);
          if :: word != 0 && CELLS == 1 -> part = 0; goto insert :: else fi;
          link_entry(fresh); part = 0; goto done
       :: else -> if :: IS_LEAF(part) -> drop_leaf(part) :: else fi; part = 0; goto insert
       fi
     }
  :: else
  fi;
  if
  :: state == kLocked -> leaf_state[leaf] != kLocked; goto insert      /* Leaf::await() */
  :: state == kDead -> goto insert
  :: else
  fi;
  if
  :: prints == FULL -> goto split
  :: else
  fi;
  atomic {                                                             /* insert_into_leaf() */
    index = prints & 1;
    if
    :: leaf_state[leaf] == kOpen && leaf_prints[leaf] == prints ->
       leaf_state[leaf] = kLocked; leaf_prints[leaf] = prints | (1 << index)
    :: else -> goto insert
    fi
  };
  atomic {  /* Under the lock: has the key come, with a fingerprint as one that was seen? */
    i = CELL(leaf, (CELLS - 1) ^ index);
    if
    :: CELLS > 1 && i != 0 && key_of[i] == key -> leaf_state[leaf] = kOpen; leaf_prints[leaf] = prints; i = 0; goto insert
    :: else
    fi;
    i = 0
  };
  atomic { CELL(leaf, index) = fresh; link_entry(fresh) };             /* (5) */
  atomic { leaf_state[leaf] = kOpen; goto done };

split:                                                                 /* Split::run() */
  atomic { item[0] = CELL(leaf, 0); if :: item[0] == 0 -> goto insert :: else fi };
  atomic {
    item[CELLS - 1] = CELL(leaf, CELLS - 1);
    if
    :: item[CELLS - 1] == 0 || key_of[item[0]] == key || key_of[item[CELLS - 1]] == key ||
       (CELLS > 1 && key_of[item[0]] == key_of[item[CELLS - 1]]) -> goto insert
    :: else
    fi;
    item[CELLS] = fresh;
    make_subtree()
  };
  atomic {
    if
    :: leaf_state[leaf] == kOpen && leaf_prints[leaf] == FULL -> leaf_state[leaf] = kLocked
    :: else -> drop_subtree(); goto insert
    fi
  };
#ifndef SPLIT_NO_RECHECK
  atomic {
    if
    :: CELL(leaf, 0) != item[0] || CELL(leaf, CELLS - 1) != item[CELLS - 1] -> leaf_state[leaf] = kOpen; drop_subtree(); goto insert
    :: else
    fi
  };
#endif
  position = RANGE_BEGIN(HASH(key), leaf_depth[leaf]);
  last = RANGE_END(HASH(key), leaf_depth[leaf]);
  do                                                                   /* install() */
  :: locate(position);
     if
     :: (word & ~kFrozen) == leaf && IS_FROZEN(word) -> await_resize(top)
     :: word == leaf ->
        atomic {
          if
          :: slot[at] == leaf ->
             part_of_subtree();
             slot[at] = part;
             part = 0;
             if
             :: HASH(key) >= position && HASH(key) <= RANGE_END(position, depth) -> link_entry(fresh)
             :: else
             fi;
             if :: RANGE_END(position, depth) >= last -> break :: else -> position = RANGE_END(position, depth) + 1 fi
          :: else
          fi
        }
     :: (word & ~kFrozen) != leaf ->
        atomic {
          if :: RANGE_END(position, depth) >= last -> break :: else -> position = RANGE_END(position, depth) + 1 fi
        }
     fi
  od;
  leaf_state[leaf] = kDead;
  atomic { retire_leaf(leaf); i = 0 };
#ifndef BORN_OPEN
  do                                                                   /* Subtree::open() */
  :: i < LEAVES && !HAS(made, i) -> i++
  :: i < LEAVES && HAS(made, i) -> assert(leaf_state[i] == kLocked); leaf_state[i] = kOpen; i++
  :: else -> break
  od;
#endif
  atomic { drop_subtree(); goto done };

change:                                                                /* Tree::remove() and replace() */
  atomic { begin() };
  look(key);
  if
  :: found == 0 -> atomic { if :: since == version[key] -> assert(was == 0) :: else fi; goto done }
  :: else
  fi;
  if
  :: leaf == 0 && IS_FROZEN(word) -> await_resize(top); goto change
  :: leaf == 0 && !IS_FROZEN(word) ->
     atomic {
       if
       :: slot[at] == word && what == REMOVE -> slot[at] = 0; unlink_entry(found); retire_entry(found); goto done
       :: slot[at] == word && what == REPLACE ->
          slot[at] = kDirect | fresh; unlink_entry(found); link_entry(fresh); retire_entry(found); goto done
       :: else -> goto change
       fi
     }
  :: else
  fi;
  do                                                                   /* Leaf::lock() */
  :: atomic { leaf_state[leaf] == kOpen -> leaf_state[leaf] = kLocked; break }
#ifdef NO_DEAD_CHECK
  :: atomic { leaf_state[leaf] == kDead -> break }
#else
  :: atomic { leaf_state[leaf] == kDead -> goto change }
#endif
  od;
#ifndef NO_RECHECK
  atomic {                                                             /* find_holder() */
    if
    :: CELL(leaf, index) != found ->
       if :: leaf_state[leaf] == kLocked -> leaf_state[leaf] = kOpen :: else fi;
       goto change
    :: else
    fi
  };
#endif
#ifdef FINGERPRINT_FIRST
  if
  :: what == REMOVE ->
     atomic { leaf_state[leaf] = kOpen; leaf_prints[leaf] = leaf_prints[leaf] & ~(1 << index) };
     atomic { CELL(leaf, index) = 0; unlink_entry(found); retire_entry(found); goto done }
  :: else
  fi;
#endif
  atomic {                                                             /* (5) */
    unlink_entry(found);
    if
    :: what == REMOVE -> CELL(leaf, index) = 0
    :: else -> CELL(leaf, index) = fresh; link_entry(fresh)
    fi
  };
  atomic {
    if
    :: leaf_state[leaf] == kLocked ->
       leaf_state[leaf] = kOpen;
       if :: what == REMOVE -> leaf_prints[leaf] = leaf_prints[leaf] & ~(1 << index) :: else fi
    :: else
    fi;
    retire_entry(found);
    goto done
  };

grow:                                                                  /* Maintenance::grow() */
  atomic {
    top = root;
    if
    :: root_bits[top] == MAX_ROOT_BITS -> goto done
    :: else
    fi
  };
  atomic {
    if
    :: root_phase[top] != kIdle -> goto done
    :: else -> root_phase[top] = kBusy; make_root(x, root_bits[top] + 1); i = 0
    fi
  };
  do
  :: i < (1 << root_bits[top]) ->
#ifdef GROW_WITHOUT_FREEZE
     word = slot[ROOT_SLOT(top, i)];
#else
     freeze(ROOT_SLOT(top, i), word);
#endif
#ifdef WAIT_IN_TURN
     if :: IS_LEAF(word) -> leaf_state[word] != kLocked :: else fi;
#endif
     a = word; b = word;
     if
     :: atomic { IS_DIRECT(word) ->
          if :: BIT(HASH(key_of[ID(word)]), root_bits[top]) -> a = 0 :: else -> b = 0 fi }
     :: IS_BRANCH(word) ->
#ifdef HALF_FREEZE
        a = slot[BRANCH_SLOT(ID(word), 0)];
        b = slot[BRANCH_SLOT(ID(word), 1)]
#else
        freeze(BRANCH_SLOT(ID(word), 0), a);
        freeze(BRANCH_SLOT(ID(word), 1), b)
#endif
     :: else
     fi;
     atomic { slot[ROOT_SLOT(x, 2 * i)] = a; slot[ROOT_SLOT(x, 2 * i + 1)] = b; i++ }
  :: else -> break
  od;
  atomic { assert(root == top); root = x };                            /* publish() */
  root_phase[top] = kReplaced;
  atomic {
    i = 0;
#ifndef FORGET_BRANCHES
    do
    :: i < (1 << root_bits[top]) ->
       word = slot[ROOT_SLOT(top, i)];
       if :: IS_BRANCH(word) -> retire_branch(ID(word)) :: else fi;
       i++
    :: else -> break
    od;
#endif
    ADD(roots_retired, top);
    goto done
  };

shrink:                                                                /* Maintenance::shrink() */
  atomic { top = root; if :: root_bits[top] == 0 -> goto tidy :: else fi };
  atomic {
    if
    :: root_phase[top] != kIdle -> goto done
    :: else -> root_phase[top] = kBusy; make_root(x, root_bits[top] - 1); i = 0
    fi
  };
  do
  :: i < (1 << root_bits[x]) ->
#ifdef SHRINK_WITHOUT_FREEZE
     a = slot[ROOT_SLOT(top, 2 * i)];
     b = slot[ROOT_SLOT(top, 2 * i + 1)];
#else
     freeze(ROOT_SLOT(top, 2 * i), a);
     freeze(ROOT_SLOT(top, 2 * i + 1), b);
#endif
     atomic {                                                          /* join() */
       part = 0;
       if
       :: a == b -> part = a
       :: a != b && a == 0 && IS_DIRECT(b) -> part = b
       :: a != b && b == 0 && IS_DIRECT(a) -> part = a
       :: a != b && IS_DIRECT(a) && IS_DIRECT(b) && CELLS > 1 -> make_leaf(part, root_bits[x], ID(a), ID(b), kOpen)
       :: else ->
          if
          :: a == 0 -> make_leaf(a, root_bits[top], 0, 0, kOpen)
          :: IS_DIRECT(a) -> make_leaf(c, root_bits[top], ID(a), 0, kOpen); a = c
          :: else
          fi;
          if
          :: b == 0 -> make_leaf(b, root_bits[top], 0, 0, kOpen)
          :: IS_DIRECT(b) -> make_leaf(c, root_bits[top], ID(b), 0, kOpen); b = c
          :: else
          fi;
          make_branch(part, root_bits[x], a, b);
          part = part | kBranch
       fi;
       slot[ROOT_SLOT(x, i)] = part;
       i++; a = 0; b = 0; c = 0; part = 0
     }
  :: else -> break
  od;
  if
  :: atomic {
       assert(root == top);
       root = x;
       i = 0;
       do
       :: i < (1 << root_bits[x]) ->
          a = slot[ROOT_SLOT(x, i)];
          linked(a);
          if :: IS_BRANCH(a) -> linked(slot[BRANCH_SLOT(ID(a), 0)]); linked(slot[BRANCH_SLOT(ID(a), 1)]) :: else fi;
          i++
       :: else -> break
       od;
       i = 0; a = 0
     }
  :: true -> goto no_memory
  fi;
  root_phase[top] = kReplaced;
  atomic { ADD(roots_retired, top); top = x; goto tidy };

no_memory:  /* As if the last allocation had failed: what was made is dropped. */
  atomic {
    i = 0;
    do
    :: i < (1 << root_bits[x]) ->
       word = slot[ROOT_SLOT(x, i)];
       if
       :: IS_LEAF(word) && !HAS(leaves_linked, ID(word)) -> drop_leaf(ID(word))
       :: IS_BRANCH(word) && !HAS(branches_linked, ID(word)) ->
          a = slot[BRANCH_SLOT(ID(word), 0)]; b = slot[BRANCH_SLOT(ID(word), 1)];
          if :: IS_LEAF(a) && !HAS(leaves_linked, ID(a)) -> drop_leaf(ID(a)) :: else fi;
          if :: IS_LEAF(b) && !HAS(leaves_linked, ID(b)) -> drop_leaf(ID(b)) :: else fi;
          drop_branch(ID(word))
       :: else
       fi;
       slot[ROOT_SLOT(x, i)] = 0;
       i++
    :: else -> break
    od;
    root_bits[x] = 0; roots_used--;  /* while this turn lasts nobody else makes a root */
    i = 0; a = 0; b = 0; word = 0
  };
  do
#ifdef STAY_FROZEN
  :: break
#else
  :: i < (1 << root_bits[top]) -> slot[ROOT_SLOT(top, i)] = slot[ROOT_SLOT(top, i)] & ~kFrozen; i++
  :: else -> break
#endif
  od;
  atomic { root_phase[top] = kIdle; goto done };

tidy:                                                                  /* Maintenance::tidy() of `top` */
  atomic { if :: root_phase[top] != kIdle -> goto done :: else -> root_phase[top] = kBusy; more = 0 fi };
  position = 0;
next:
  /* merge_below(): the branches below the slot of the root that `position` is in, then that slot. The first
     two bits are enough: there are no branches below a branch of the second. */
  last = 0;
  do
  :: last < 3 ->
     atomic {
       at = ROOT_SLOT(top, position >> (BITS - root_bits[top]));
       word = slot[at];
       if
       :: IS_BRANCH(word) && !IS_FROZEN(word) -> if :: last < 2 -> at = BRANCH_SLOT(ID(word), last) :: else fi
       :: else -> break
       fi
     };
     merge_at();
     last++
  :: else -> break
  od;
  atomic {                                                             /* drop_empty() */
    word = slot[ROOT_SLOT(top, position >> (BITS - root_bits[top]))];
    leaf = ID(word);
    if :: !IS_LEAF(word) || IS_FROZEN(word) -> goto kept :: else fi
  };
  atomic { if :: leaf_state[leaf] != kOpen || leaf_prints[leaf] != 0 -> goto kept :: else fi };
  atomic {
    if
    :: leaf_state[leaf] == kOpen && leaf_prints[leaf] == 0 -> leaf_state[leaf] = kLocked
    :: else -> goto kept
    fi;
    assert(leaf_depth[leaf] <= root_bits[top]);
    i = RANGE_BEGIN(position, leaf_depth[leaf]) >> (BITS - root_bits[top]);
    last = RANGE_END(position, leaf_depth[leaf]) >> (BITS - root_bits[top]);
    index = i
  };
  do
  :: i <= last && slot[ROOT_SLOT(top, i)] == leaf -> i++
#ifdef DROP_UNSEEN
  :: i <= last && slot[ROOT_SLOT(top, i)] != leaf -> i++
#else
  :: atomic { i <= last && slot[ROOT_SLOT(top, i)] != leaf -> leaf_state[leaf] = kOpen; goto kept }
#endif
  :: else -> i = index; break
  od;
  do
  :: atomic { i <= last ->
#ifdef DROP_UNSEEN
       if :: slot[ROOT_SLOT(top, i)] == leaf -> slot[ROOT_SLOT(top, i)] = 0 :: else fi;
#else
       assert(slot[ROOT_SLOT(top, i)] == leaf);
       slot[ROOT_SLOT(top, i)] = 0;
#endif
       i++ }
  :: else -> break
  od;
  leaf_state[leaf] = kDead;
  atomic { retire_leaf(leaf) };
kept:
  atomic {
    position = position + (1 << (BITS - root_bits[top]));
    if :: position < (1 << BITS) -> goto next :: else fi
  };
  root_phase[top] = kIdle;

done:
  running--
}

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
