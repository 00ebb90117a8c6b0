/* SPDX-License-Identifier: BSD-3-Clause

   A model of gc/weak_concurrent.hpp for Spin (spinroot.com): one weak cell and its target, a thread that
   makes them, two that read, and a collector that runs twice. Every order of the steps is tried.

       spin -a weak_concurrent.pml && cc -O2 -DSAFETY -o pan pan.c && ./pan -m1000

   What must hold, whatever the order:
     - a thread uses a target only while it lives (alive);
     - mark bits are asked only while they are those of a mark that has ended (bits_hold);
     - once a thread has read null of a cell that had its target, nobody who begins to read after that
       finds the target (gone).

   Each of these weakens one step, and the model must then fail:
     -DNO_CHECK_BEFORE   a reader looks at the phase only after it has loaded the target
     -DNO_CHECK_AFTER    ... only before it loads the target
     -DNO_CHECK_AGAIN    a reader that has set its flag does not look at the phase again
     -DNO_WAIT           the collector does not wait for the flags

   With Spin 6.5.2 the sound one has 3,549,153 states and 6,986,180 transitions, all searched in two seconds
   and 320 MB; of the weakened ones the first error is found within 305,651, 259,082, 91,977 and 85,815
   states.

   What is not in it: the machine's memory order (the steps here are sequentially consistent; the .hpp and
   .cpp say at each access why that is enough), more than one cell, moving rows, registration and fork. */

#define READS 2         /* of each reader */
#define COLLECTIONS 2

#define ODD(p) ((p) % 2)

/* The program's memory. */
byte phase = 0;         /* weak_phase.count */
bool cell = false;      /* the cell holds the target's address */
bool row = false;       /* its row counts */
bool flag[2];           /* each reader's `probing` */

/* Who holds the target's address in a register or on the stack. */
bool maker_holds = false;
bool holds[2];

/* The heap. */
bool alive = false;     /* the target's memory is the target's */
bool marked = false;    /* its mark bit */
bool bits_hold = false; /* from the end of a mark until something may be swept */

/* What the assertions speak of. */
bool watched = false;   /* watch() has returned */
bool gone = false;      /* someone began to read after that, and read null */

/* The world is stopped within a single step of the collector: no thread takes a step while it is, and
   between any two steps of a thread it may be. */

/* WeakRegistry::watch() of a target that was just allocated. */
proctype Maker() {
  /* From a list of the thread, whose cells the mark has marked; before a mark the bit says nothing. */
  atomic { alive = true; maker_holds = true; if :: bits_hold -> marked = true :: else fi };
  cell = true;                                   /* the store of the target, (1) of weak.cpp */
  row = true;                                    /* the store to live_ */
  watched = true;
  maker_holds = false                            /* after keep_alive() */
}

/* WeakCell::get(), and a use of what it finds. */
proctype Reader(byte me) {
  byte before; byte again; byte reads = 0;
  bool was_watched; bool was_gone;
  do
  :: reads < READS ->
     reads++;
     atomic { was_watched = watched; was_gone = gone };   /* the read begins */

retry:
#ifndef NO_CHECK_BEFORE
     before = phase;                             /* (3) */
     if
     :: ODD(before) -> goto probe
     :: else
     fi;
     holds[me] = cell;                           /* the load of the target */
#ifndef NO_CHECK_AFTER
     again = phase;
     if
     :: again != before -> holds[me] = false; goto retry
     :: else
     fi;
#endif
#else
     holds[me] = cell;
     before = phase;
     if
     :: ODD(before) -> holds[me] = false; goto probe
     :: else
     fi;
#endif
     goto found;

probe:
     flag[me] = true;                            /* (1) */
#ifndef NO_CHECK_AGAIN
     again = phase;                              /* (2) */
     if
     :: again != before -> flag[me] = false; goto retry
     :: else
     fi;
#endif
     holds[me] = cell;
     if
     :: holds[me] ->
        atomic {                                 /* GC_is_marked() */
          assert(bits_hold);
          if :: !marked -> holds[me] = false :: else fi
        }
     :: else
     fi;
     flag[me] = false;                           /* (7) */

found:
     if
     :: holds[me] ->
        atomic { assert(!was_gone); assert(alive) };      /* the target is used, */
        atomic { assert(alive); holds[me] = false }       /* once more later, and given up */
     :: else ->
        if :: was_watched -> gone = true :: else fi
     fi;
     atomic { before = 0; again = 0; was_watched = false; was_gone = false }  /* fewer states */
  :: else -> break
  od
}

/* bdwgc, and what events.cpp does at its events. The heap's lock is held for a whole turn of the loop. */
proctype Collector() {
  byte collections = 0;
  do
  :: collections < COLLECTIONS ->
     collections++;
     if
     :: true ->                                  /* a mark that is given up: no kMarkEnd, */
        marked = false                           /* and its bits mean nothing */
     :: true ->
        atomic {                                 /* the world is stopped; */
          marked = maker_holds || holds[0] || holds[1];   /* the mark; */
          bits_hold = true;
          phase++                                /* kMarkEnd: begin_weak_clearing() */
        };                                       /* the world runs */

        /* kReclaimStart: finish_weak_clearing() */
        if
        :: row ->                                /* it is below live_ */
           if
           :: cell && !marked -> cell = false; row = false
           :: else
           fi
        :: else
        fi;
        phase++;                                 /* (4), (5) */
#ifndef NO_WAIT
        !flag[0];                                /* (6) */
        !flag[1];
#endif

        /* The callback has returned: memory is swept, and reused, with any mark bit. */
        atomic { bits_hold = false; if :: alive && !marked -> alive = false :: else fi };
        if :: true -> marked = true :: true -> marked = false fi
     fi
  :: else -> break
  od
}

init { atomic { run Maker(); run Reader(0); run Reader(1); run Collector() } }
