/* SPDX-License-Identifier: BSD-3-Clause
   What the thread of trie/tree_thread.pml does that has the root's turn; a part of its proctype. */

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
