// The entry of every program: how threads share out the tiles of its steps, which it reads from the step table. Whoever enters
// claims tiles until none is left, so a thread may come late or never; a phase ends when the tiles of all its steps are
// finished, whoever finished them. The words through which threads agree lie where `@treadle/pool` says. Knows nothing of what
// a kernel computes.

import type { KernelFunc } from '@treadle/kernels';
import {
  abortOffset,
  doneOffset,
  logOffset,
  nextOffset,
  patienceOffset,
  sliceMilliseconds,
  status,
  waitersOffset,
} from '@treadle/pool';
import { type Expr, type Func, type FunctionBuilder, i32, type ModuleBuilder, memory } from '@treadle/wasm';
import {
  head,
  list,
  loopRecord,
  phaseBytes,
  phaseRecord,
  stepBytes,
  stepRecord,
  turn,
  turnBytes,
} from './step-table.ts';

/** Rounds that a thread spins at the end of a phase before it sleeps: some tens of microseconds. */
const spins = 20_000;
const sliceNanoseconds = BigInt(sliceMilliseconds * 1e6);

/** Distances in bytes from what belongs to one step to what belongs to the next: its counters, its log. */
const counterStride = nextOffset(1) - nextOffset(0);
const logStride = logOffset(1) - logOffset(0);

const kernelSignature = { params: ['i32', 'i32', 'i32'], result: 'void' } as const satisfies Pick<
  KernelFunc,
  'params' | 'result'
>;

/** A list of phases was left because a step refused what it read: the run is done as far as it goes. */
const refused = -1;

/** What a thread is given when it enters. */
interface Thread {
  readonly control: Expr<'i32'>;
  readonly table: Expr<'i32'>;
  /** its own memory: the windows of loops, then the scratch of kernels */
  readonly own: Expr<'i32'>;
  /** address of the word that tells at which step this thread works */
  readonly place: Expr<'i32'>;
  /** its number */
  readonly thread: Expr<'i32'>;
}

/** What the functions of the entry call. */
interface Calls {
  /** the time, for threads that are to write down when they work */
  readonly clock: Func<[], 'i32'> | undefined;
  /** what is called before every tile, in tests */
  readonly fault: Func<[], 'void'> | undefined;
  readonly wait: Wait;
  readonly claim: Claim;
  readonly loop: Loop;
}

/** In which round of a loop steps are, and where their windows lie; without a loop around them, there is but one round. */
interface Round {
  readonly number: Expr<'i32'> | undefined;
  readonly windows: Expr<'i32'>;
}

/**
 * Exports `main(control, table, scratch, thread) → status`, which calls kernels through the module's table of functions. A step
 * without tiles is not in the step table. Thread 0 returns when all is done, any other one as soon as nothing is left to claim.
 * With a `clock`, threads write down when they work at each step, and at how many tiles.
 */
export function emitMain(m: ModuleBuilder, clock?: Func<[], 'i32'>, fault?: Func<[], 'void'>): void {
  const loop = m.declare('loop', eight, 'i32', { exported: false });
  const calls: Calls = { clock, fault, wait: emitWait(m), claim: emitClaim(m), loop: loop.func };
  m.func('main', ['i32', 'i32', 'i32', 'i32'], 'i32', (f, control, table, scratch, thread) => {
    const firstPlace = i32.add(control, i32.load(table, head.place));
    const place = f.let(i32.add(firstPlace, i32.mul(thread, i32.load(table, head.placeStride))));
    const given = { control, table, own: scratch, place, thread };
    emitPhases(f, i32.add(table, head.list), given, { number: undefined, windows: table }, calls);
    f.return(i32.const(status.done));
  });
  loop.define((f, control, table, own, place, thread, record, windows, round) =>
    emitLoop(f, { control, table, own, place, thread }, record, { number: round, windows }, calls),
  );
}

/** Runs a list of phases, which lies at an address. */
function emitPhases(f: FunctionBuilder<'i32'>, at: Expr<'i32'>, given: Thread, round: Round, calls: Calls): void {
  const { control, table, own, place, thread } = given;
  const lies = f.let(at);
  const phase = f.local('i32', i32.add(table, i32.load(lies, list.phases)));
  const phasesEnd = f.let(i32.add(table, i32.load(lies, list.phasesEnd)));
  const step = f.local('i32', i32.add(table, i32.load(lies, list.steps)));
  const eachStep = (from: Expr<'i32'>, to: Expr<'i32'>, body: () => void): void => {
    f.set(step, from);
    f.loop((again) => {
      body();
      f.increment(step, stepBytes);
      f.brIf(again, i32.lt_u(step, to));
    });
  };
  f.while(i32.lt_u(phase, phasesEnd), () => {
    const loop = f.let(i32.load(phase, phaseRecord.loop));
    const first = f.let(step);
    const end = f.let(i32.add(table, i32.load(phase, phaseRecord.stepsEnd)));
    f.increment(phase, phaseBytes);
    f.if(
      loop,
      () => {
        const number = round.number ?? i32.const(0);
        const record = i32.add(table, loop);
        const outcome = f.let(f.call(calls.loop, control, table, own, place, thread, record, round.windows, number));
        f.if(outcome, () => f.return(round.number ? outcome : withoutRefusal(outcome)));
      },
      () => {
        eachStep(first, end, () => emitStep(f, step, given, round, calls));
        f.do(i32.store(place, 0));
        // A worker need not see the end: the caller does, and waits for workers that are still inside.
        const isSeen = round.number ? i32.const(1) : i32.or(i32.lt_u(phase, phasesEnd), i32.eqz(thread));
        f.if(isSeen, () => {
          eachStep(first, end, () => {
            emitWaitForStep(f, step, control, round, calls.wait);
            leaveIfRefused(f, step, round);
          });
        });
      },
    );
  });
}

function withoutRefusal(outcome: Expr<'i32'>): Expr<'i32'> {
  return i32.mul(outcome, i32.ne(outcome, refused));
}

const eight = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
/** loop(control, table, own, place, thread, address of the loop's record, windows around it, round of the loop around it) → status or `refused` */
type Loop = Func<typeof eight, 'i32'>;

/** All rounds of a loop, from the one that is under way. `outer`: what is around it. */
function emitLoop(
  f: FunctionBuilder<'i32'>,
  given: Thread,
  record: Expr<'i32'>,
  outer: Required<{ [K in keyof Round]: Exclude<Round[K], undefined> }>,
  calls: Calls,
): void {
  const { table, own } = given;
  const rounds = f.let(i32.load(record, loopRecord.rounds));
  const source = f.let(i32.add(outer.windows, i32.load(record, loopRecord.window)));
  const windows = f.let(i32.add(own, i32.load(record, loopRecord.own)));
  const eachEntry = (from: number, to: number, bytes: number, body: (entry: Expr<'i32'>) => void): void => {
    const entry = f.local('i32', i32.add(table, i32.load(record, from)));
    const end = f.let(i32.add(table, i32.load(record, to)));
    f.while(i32.lt_u(entry, end), () => {
      body(entry);
      f.increment(entry, bytes);
    });
  };
  const wordAt = (entry: Expr<'i32'>, offset: number): Expr<'i32'> =>
    i32.load(i32.add(source, i32.load(entry, offset)));
  eachEntry(loopRecord.fixed, loopRecord.fixedEnd, 8, (entry) => {
    f.do(i32.store(i32.add(windows, i32.load(entry)), wordAt(entry, 4)));
  });
  const before = f.let(i32.mul(outer.number, rounds));
  const round = f.local('i32', firstRound(f, given, record, before, rounds));
  f.while(i32.lt_u(round, rounds), () => {
    eachEntry(loopRecord.turns, loopRecord.turnsEnd, turnBytes, (entry) => {
      const word = f.local('i32', wordAt(entry, turn.first));
      f.if(round, () => {
        const steps = i32.and(i32.sub(round, 1), i32.load(entry, turn.mask));
        f.set(word, i32.add(wordAt(entry, turn.from), i32.mul(i32.load(entry, turn.stride), steps)));
      });
      f.do(i32.store(i32.add(windows, i32.load(entry, turn.at)), word));
    });
    const number = f.let(i32.add(before, round));
    emitPhases(f, i32.add(record, loopRecord.list), given, { number, windows }, calls);
    f.increment(round, 1);
  });
  f.return(i32.const(status.done));
}

/**
 * The round in which to begin: the one in which the first step's tiles were claimed last, for all rounds before it are over. A
 * run that was given up looks as if all rounds were over; the last one then finds that out.
 */
function firstRound(
  f: FunctionBuilder<'i32'>,
  { control, table }: Thread,
  record: Expr<'i32'>,
  before: Expr<'i32'>,
  rounds: Expr<'i32'>,
): Expr<'i32'> {
  const step = f.let(i32.add(table, i32.load(record, loopRecord.list + list.steps)));
  const claimed = f.let(i32['atomic.load'](countersOf(f, control, step), nextOffset(0)));
  const latest = f.local('i32', 0);
  f.if(claimed, () => f.set(latest, i32.div_u(i32.sub(claimed, 1), i32.load(step, stepRecord.tiles))));
  const round = f.local('i32', i32.sub(latest, before));
  f.if(i32.lt_s(round, 0), () => f.set(round, 0));
  f.if(i32.ge_u(round, rounds), () => f.set(round, i32.sub(rounds, 1)));
  return round;
}

/** All threads see the same record at the end of its phase, and leave together: the run is done as far as it goes. */
function leaveIfRefused(f: FunctionBuilder<'i32'>, step: Expr<'i32'>, { windows, number }: Round): void {
  const record = f.let(i32.load(step, stepRecord.record));
  f.if(i32.ge_s(record, 0), () => {
    const isRefused = i32.load(i32.load(i32.add(windows, record)), 4);
    f.if(isRefused, () => f.return(i32.const(number ? refused : status.done)));
  });
}

/** From where the offsets of the counters of the first step lead to those of the step at this record. */
function countersOf(f: FunctionBuilder, control: Expr<'i32'>, step: Expr<'i32'>): Expr<'i32'> {
  return f.let(i32.add(control, i32.mul(i32.load(step, stepRecord.index), counterStride)));
}

/** Claims and runs tiles of one step until all are claimed; counts those it ran, once. */
function emitStep(
  f: FunctionBuilder,
  step: Expr<'i32'>,
  { control, table, own, place }: Thread,
  { number, windows }: Round,
  { clock, fault, claim }: Calls,
): void {
  const counters = countersOf(f, control, step);
  const tiles = f.let(i32.load(step, stepRecord.tiles));
  // In a loop the counters count on from round to round, so that whoever is late by a round claims nothing.
  const first = number && f.let(i32.mul(number, tiles));
  const end = first ? f.let(i32.add(first, tiles)) : tiles;
  const claimed = first ? f.call(claim, counters, end) : i32['atomic.rmw.add'](counters, 1, nextOffset(0));
  const tile = f.local('i32');
  f.do(i32.store(place, i32.add(i32.load(step, stepRecord.index), 1)));
  f.set(tile, claimed);
  f.if(i32.lt_u(tile, end), () => {
    const began = clock && f.let(f.call(clock));
    const window = f.let(i32.add(windows, i32.load(step, stepRecord.window)));
    const scratch = f.let(i32.add(own, i32.load(table, head.own)));
    const func = f.let(i32.load(step, stepRecord.func));
    const ran = f.local('i32');
    f.set(ran, 0);
    f.block((exit) => {
      f.loop((again) => {
        if (fault) f.do(f.call(fault));
        f.do(f.callIndirect(kernelSignature, func, window, scratch, first ? i32.sub(tile, first) : tile));
        f.increment(ran, 1);
        f.brIf(exit, i32.eq(ran, tiles));
        f.set(tile, claimed);
        f.brIf(again, i32.lt_u(tile, end));
      });
    });
    if (clock && began) emitLog(f, step, place, clock, began, ran);
    const done = i32.add(i32['atomic.rmw.add'](counters, ran, doneOffset(0)), ran);
    f.if(i32.eq(done, end), () => {
      // The count is published before the waiters are read; a waiter counts itself before it reads the count.
      f.if(i32['atomic.load'](control, waitersOffset), () => {
        f.do(memory['atomic.notify'](counters, -1, doneOffset(0)));
      });
    });
  });
}

/** Writes down when a thread worked at a step, and at how many tiles; for a loop, the time of all rounds as one stretch. */
function emitLog(
  f: FunctionBuilder,
  step: Expr<'i32'>,
  place: Expr<'i32'>,
  clock: Func<[], 'i32'>,
  began: Expr<'i32'>,
  ran: Expr<'i32'>,
): void {
  const log = f.let(i32.add(place, i32.mul(i32.load(step, stepRecord.index), logStride)));
  const [beganAt, endedAt, tilesAt] = [logOffset(0), logOffset(0) + 4, logOffset(0) + 8];
  const ended = f.let(f.call(clock));
  f.if(
    i32.load(log, tilesAt),
    () => f.do(i32.store(log, i32.add(i32.load(log, endedAt), i32.sub(ended, began)), endedAt)),
    () => f.do(i32.store(log, began, beganAt), i32.store(log, ended, endedAt)),
  );
  f.do(i32.store(log, i32.add(i32.load(log, tilesAt), ran), tilesAt));
}

type Claim = Func<['i32', 'i32'], 'i32'>;

/** claim(counters, end) → the next tile that nobody has claimed, which is claimed now; `end` or more where all are. */
function emitClaim(m: ModuleBuilder): Claim {
  return m.func(
    'claim',
    ['i32', 'i32'],
    'i32',
    (f, counters, end) => {
      const tile = f.local('i32', i32['atomic.load'](counters, nextOffset(0)));
      const found = f.local('i32');
      f.loop((again) => {
        f.if(i32.ge_u(tile, end), () => f.return(tile));
        f.set(found, i32['atomic.rmw.cmpxchg'](counters, tile, i32.add(tile, 1), nextOffset(0)));
        f.if(i32.eq(found, tile), () => f.return(tile));
        f.set(tile, found);
        f.br(again);
      });
    },
    { exported: false },
  );
}

type Wait = Func<['i32', 'i32', 'i32'], 'i32'>;

/** Goes on when all tiles of a step are finished; leaves the function when that does not come about. */
function emitWaitForStep(
  f: FunctionBuilder<'i32'>,
  step: Expr<'i32'>,
  control: Expr<'i32'>,
  { number }: Round,
  wait: Wait,
): void {
  const counters = countersOf(f, control, step);
  const tiles = i32.load(step, stepRecord.tiles);
  const end = f.let(number ? i32.mul(i32.add(number, 1), tiles) : tiles);
  f.if(i32.lt_u(i32['atomic.load'](counters, doneOffset(0)), end), () => {
    const outcome = f.let(f.call(wait, control, i32.add(counters, doneOffset(0)), end));
    f.if(outcome, () => f.return(outcome));
  });
}

/** wait(control, address of a step's `done`, end) → status: spins, then sleeps in slices until so many tiles are finished. */
function emitWait(m: ModuleBuilder): Wait {
  return m.func(
    'wait',
    ['i32', 'i32', 'i32'],
    'i32',
    (f, control, done, end) => {
      const aborted = i32['atomic.load'](control, abortOffset);
      const rounds = f.local('i32', spins);
      f.loop((again) => {
        f.if(i32.ge_u(i32['atomic.load'](done), end), () => f.return(i32.const(status.done)));
        f.if(aborted, () => f.return(i32.const(status.aborted)));
        f.increment(rounds, -1);
        f.brIf(again, rounds);
      });
      f.do(i32['atomic.rmw.add'](control, 1, waitersOffset));
      const outcome = f.local('i32', status.done);
      f.block((exit) => {
        const seen = f.local('i32', -1);
        const now = f.local('i32');
        const slices = f.local('i32');
        f.loop((again) => {
          f.set(now, i32['atomic.load'](done));
          f.brIf(exit, i32.ge_u(now, end));
          f.set(outcome, i32.const(status.aborted));
          f.brIf(exit, aborted);
          f.if(
            i32.ne(now, seen),
            () => f.set(slices, i32.load(control, patienceOffset)),
            () => f.increment(slices, -1),
          );
          f.set(seen, now);
          f.set(outcome, i32.const(status.stalled));
          f.brIf(exit, i32.eqz(slices));
          f.set(outcome, i32.const(status.done));
          f.do(memory['atomic.wait32'](done, now, sliceNanoseconds));
          f.br(again);
        });
      });
      f.do(i32['atomic.rmw.sub'](control, 1, waitersOffset));
      f.return(outcome);
    },
    { exported: false },
  );
}
