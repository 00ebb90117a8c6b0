/* SPDX-License-Identifier: BSD-3-Clause
   What one thread does, of trie/tree.pml. */

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
    :: CELLS > 1 && i != 0 && key_of[i] == key ->
       leaf_state[leaf] = kOpen; leaf_prints[leaf] = prints; i = 0; goto insert
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
    :: CELL(leaf, 0) != item[0] || CELL(leaf, CELLS - 1) != item[CELLS - 1] ->
       leaf_state[leaf] = kOpen; drop_subtree(); goto insert
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

#include "tree_maintenance.pml"

done:
  running--
}
