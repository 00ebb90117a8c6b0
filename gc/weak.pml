/* SPDX-License-Identifier: BSD-3-Clause

   A model of gc/weak.hpp and of trie/canonical_set.hpp over it, for Spin (spinroot.com): threads that make the one
   element of a key, one that prunes, and a collector that stops the world between any two of their steps. Every
   order of the steps is tried. tests/model/CMakeLists.txt runs it.

       spin -a weak.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m100000

   What must hold, whatever the order:
     - an element whose address a thread holds is alive (alive): weak reads give no dead element, not to a thread
       that is stopped in the middle of one either;
     - the elements that make() has given to threads, and that they use, are one and the same (I1 of the set);
     - only dead entries are removed or replaced, each once, and never linked again (I4 of the set);
     - when the makers are done, a prune without another collection leaves no dead entry; and when the element has
       died as well, one more leaves none at all, no row and no token, and each token was handed out once;
     - a row that a collection looks at is whole (I2 of gc/weak.hpp).

   What stands for what: Maker is CanonicalSet::make() with add(), link() and WeakRegistry::watch(), whose steps under
   the registry's mutex are steps here, too, since the world may be stopped between any two of them. Pruner is
   prune() with WeakRegistry::take_dead(), gather_strays() and prune_hash(). Collector is a collection of bdwgc:
   mark() and, before the world runs again, clear_dead() with clear_chunk() and sort_rows(), all in one step. The
   tree is one cell of one leaf and its lock (trie/tree.pml is about the rest): Tree::insert, supplant and remove
   change it under that lock if it is as it was seen.

   What is not in it: the machine's memory order (the steps are sequentially consistent; gc/weak.hpp and weak.cpp say
   at each access why that is enough), more than one key, chains, blocks of rows, registries that come and go, fork.

   Each of these weakens one step, and the model must then fail, two of them with a third maker:
     -DNAIVE_WEAK_READ  dead cells are cleared once the world runs again, and a read still is one load
     -DNO_KEEP_ALIVE  a maker does not hold its element until its entry is linked
     -DROW_FIRST  a row counts before it is written
     -DSORT_ANYWAY -DMAKERS=3 -DCOLLECTIONS=1  a collection sorts the rows though a thread is inside of a change
     -DNO_STRAYS  nobody takes up the tokens that a collection leaves where they were, since it could not sort
     -DNO_ROOM  a new row is written over a token that waits
     -DSUPPLANT_UNCHECKED -DMAKERS=3 -DCOLLECTIONS=1  an insert that has met a dead entry replaces whatever is there
     -DPRUNE_UNCHECKED  a prune removes whatever stands where it has seen a dead entry
     -DPRUNE_WITHOUT_LOCK  a prune looks at the cell, and then empties it, without the leaf's lock
     -DSCANNED_CELL  the weak cells are scanned, and keep their elements alive

   With Spin 6.5.2 the sound one has some 300,000 states, all searched in a second.
*/

#ifndef MAKERS
#define MAKERS 2
#endif
#ifndef COLLECTIONS
#define COLLECTIONS 2
#endif
#define PRUNES 2               /* of the pruner, while the makers are at work */
#define NUMBERS (MAKERS + 1)   /* maker m makes element m and entry m, for m = 1 ... MAKERS; 0 is none */
#define PRUNER 0

/* The heap. */
bool alive[NUMBERS];           /* the element's memory is the element's */
bool target[NUMBERS];          /* the entry's weak cell holds the address of its element */
bool retired[NUMBERS];         /* the entry was taken out of the tree */

/* What each thread has in registers or on its stack. */
bool mine[NUMBERS];            /* the element and the entry that it has made */
byte held[NUMBERS];            /* an element that it has found */
byte seen[NUMBERS];            /* an entry that it has found */

/* The tree: one cell of a leaf, and its lock. */
byte cell = 0;
bool leaf_locked = false;
byte entries = 0;

/* The registry. A row is nothing, a token, the number of an entry, or what malloc's memory had in it. */
#define kNothing 0
#define kToken 100
#define kGarbage 200
byte row[2 * MAKERS + 2] = kGarbage;
byte live = 0, end = 0;
bool mutex = false, inside = false, some_empty = false, stray = false;

byte tokens_made = 0, tokens_taken = 0;
byte at_work = 0;
byte given[NUMBERS];           /* the element that make() has given to a thread, while it uses it */

byte n, m;                     /* of the collector, within its steps */

#ifdef SCANNED_CELL
#define SCANNED(number) (cell == number && target[number])
#else
#define SCANNED(number) false
#endif

/* The mark: what nobody holds is dead. */
inline mark() {
  n = 1;
  do
  :: n <= MAKERS ->
     if
     :: alive[n] && !mine[n] && !SCANNED(n) ->
        m = 0;
        do
        :: m <= MAKERS && held[m] != n && given[m] != n -> m++
        :: else -> break
        od;
        if :: m > MAKERS -> alive[n] = false :: else fi
     :: else
     fi;
     n++
  :: else -> break
  od;
  n = 0; m = 0
}

/* WeakRegistry::clear_chunk(), and sort_rows() if no thread is inside of a change. */
inline clear_dead() {
  n = 0;
  do
  :: n < live ->
     assert(row[n] != kGarbage);
     if
     :: row[n] != kNothing && row[n] != kToken ->
        m = 0;                                       /* whether the cell lives */
        do
        :: m <= MAKERS && seen[m] != row[n] -> m++
        :: else -> break
        od;
        if
        :: alive[row[n]] && (m <= MAKERS || mine[row[n]] || cell == row[n])
        :: else ->
           if
           :: (m > MAKERS && !mine[row[n]] && cell != row[n]) || !target[row[n]] -> row[n] = kNothing
           :: else -> target[row[n]] = false; row[n] = kToken; tokens_made++
           fi;
           some_empty = true
        fi
     :: else
     fi;
     n++
  :: else -> break
  od;
  if
#ifndef SORT_ANYWAY
  :: inside && some_empty -> stray = true
  :: inside && !some_empty
#endif
  :: else ->
     stray = false; some_empty = false;
     n = live;
     do
     :: n > 0 ->
        n--;
        if
        :: row[n] == kToken -> live--; row[n] = row[live]; row[live] = kToken
        :: row[n] == kNothing -> live--; end--; row[n] = row[live]; row[live] = row[end]
        :: else
        fi
     :: else -> break
     od
  fi;
  n = 0; m = 0
}

inline lock_registry() { atomic { !mutex -> mutex = true }; inside = true }
inline unlock_registry() { inside = false; mutex = false }
inline lock_leaf() { atomic { !leaf_locked -> leaf_locked = true } }

/* WeakRegistry::watch(). The world may be stopped after each step. */
inline watch(me) {
  lock_registry();
  at = live;                                         /* nobody moves it while this thread is inside */
  target[me] = true;
#ifndef NO_ROOM
  if :: end != live -> row[end] = row[at] :: else fi;
#endif
  end++;
#ifdef ROW_FIRST
  live = at + 1;
  row[at] = me;
#else
  row[at] = me;
  live = at + 1;
#endif
  atomic { unlock_registry(); at = 0 }
}

/* CanonicalSet::make() of the one key. */
proctype Maker(byte me) {
  byte at = 0;
  bool made = false;
search:
  seen[me] = cell;
  if
  :: seen[me] != 0 ->
     atomic {                                        /* WeakCell::get(): one load */
       if
       :: target[seen[me]] -> held[me] = seen[me]; assert(alive[held[me]])
       :: else
       fi
     }
  :: else
  fi;
  if
  :: held[me] != 0 ->
     if
     :: made -> target[me] = false                   /* WeakCell::abandon() */
     :: else
     fi;
     atomic { given[me] = held[me]; held[me] = 0; seen[me] = 0; mine[me] = false; goto use }
  :: else
  fi;
  if
  :: !made ->
     atomic { alive[me] = true; mine[me] = true; made = true };
     watch(me);
#ifdef NO_KEEP_ALIVE
     mine[me] = false
#endif
  :: else
  fi;
  lock_leaf();
  if
  :: atomic {
#ifdef SUPPLANT_UNCHECKED
       cell == seen[me] || seen[me] != 0 ->
#else
       cell == seen[me] ->
#endif
       if
       :: cell != 0 -> assert(!target[cell] && !retired[cell]); retired[cell] = true      /* supplant() */
       :: else -> entries++                                                               /* insert() */
       fi;
       cell = me;
       leaf_locked = false
     };
     atomic { assert(alive[me]); given[me] = me; mine[me] = false; seen[me] = 0 }
  :: else -> atomic { leaf_locked = false; goto search }
  fi;
use:
  atomic {
    at = 1;
    do
    :: at <= MAKERS -> assert(given[at] == 0 || given[at] == given[me]); at++
    :: else -> break
    od;
    at = 0;
    assert(alive[given[me]])
  };
  atomic { assert(alive[given[me]]); given[me] = 0; at_work-- }
}

/* CanonicalSet::prune() of one token at a time; `told` is false when none waits. */
inline prune(told) {
  lock_registry();
#ifndef NO_STRAYS
  if
  :: stray ->
     stray = false;
     at = 0;
     do
     :: at < live && row[at] == kToken ->
        row[end] = kToken;
        row[at] = kNothing;
        end++;
        at++
     :: at < live && row[at] != kToken -> at++
     :: else -> break
     od;
     at = 0
  :: else
  fi;
#endif
  if
  :: end > live -> atomic { end--; assert(row[end] == kToken); told = true; tokens_taken++ }
  :: else -> told = false
  fi;
  unlock_registry();
  do                                                 /* prune_hash() */
  :: told ->
     seen[PRUNER] = cell;
     if
     :: seen[PRUNER] == 0 || target[seen[PRUNER]] -> break
     :: else
     fi;
#ifdef PRUNE_WITHOUT_LOCK
     if
     :: cell == seen[PRUNER] ->
        atomic { assert(cell != 0 && !target[cell]); retired[cell] = true; cell = 0; entries-- }
     :: else
     fi
#else
     lock_leaf();
     atomic {
       if
#ifdef PRUNE_UNCHECKED
       :: cell != 0 ->
#else
       :: cell == seen[PRUNER] ->
#endif
          assert(!target[cell] && !retired[cell]);
          retired[cell] = true; cell = 0; entries--
       :: else
       fi;
       leaf_locked = false
     }
#endif
  :: else -> break
  od;
  seen[PRUNER] = 0
}

proctype Pruner() {
  byte at = 0, turns = 0;
  bool more = true;
  do
  :: turns < PRUNES && at_work > 1 -> turns++; prune(more)
  :: else -> break
  od;
  at_work--
}

proctype Collector() {
  byte turns = 0;
  do
  :: turns < COLLECTIONS && at_work > 1 ->
     turns++;
#ifdef NAIVE_WEAK_READ
     d_step { mark() };
     d_step { clear_dead() }
#else
     d_step { mark(); clear_dead() }
#endif
  :: else -> break
  od;
  at_work--
}

init {
  byte at = 1;
  bool more = true;
  atomic {
    at_work = MAKERS + 2;
    do
    :: at <= MAKERS -> run Maker(at); at++
    :: else -> break
    od;
    at = 0;
    run Pruner();
    run Collector()
  };
  at_work == 0;
  /* What has been told so far is pruned without another collection; then everything is garbage. */
  do
  :: more -> prune(more)
  :: else -> break
  od;
  assert(cell == 0 || target[cell]);
  skip;
  d_step { mark(); clear_dead() };
  more = true;
  do
  :: more -> prune(more)
  :: else -> break
  od;
  assert(cell == 0 && entries == 0);
  assert(live == 0 && end == 0 && !stray && tokens_made == tokens_taken)
}
