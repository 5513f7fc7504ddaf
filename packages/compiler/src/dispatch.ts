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
import { head, stepBytes, stepRecord, stepsOffset } from './step-table.ts';

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

interface Thread {
  readonly control: Expr<'i32'>;
  readonly table: Expr<'i32'>;
  readonly scratch: Expr<'i32'>;
  /** address of the word that tells at which step this thread works */
  readonly place: Expr<'i32'>;
  /** the time, for threads that are to write down when they work */
  readonly clock: Func<[], 'i32'> | undefined;
  /** what is called before every tile, in tests */
  readonly fault: Func<[], 'void'> | undefined;
}

/**
 * Exports `main(control, table, scratch, thread) → status`, which calls kernels through the module's table of functions. A step
 * without tiles is not in the step table. Thread 0 returns when all is done, any other one as soon as nothing is left to claim.
 * With a `clock`, threads write down when they work at each step, and at how many tiles.
 */
export function emitMain(m: ModuleBuilder, clock?: Func<[], 'i32'>, fault?: Func<[], 'void'>): void {
  const wait = emitWait(m);
  m.func('main', ['i32', 'i32', 'i32', 'i32'], 'i32', (f, control, table, scratch, thread) => {
    const firstPlace = i32.add(control, i32.load(table, head.place));
    const place = f.let(i32.add(firstPlace, i32.mul(thread, i32.load(table, head.placeStride))));
    const phase = f.local('i32', i32.add(table, i32.load(table, head.phases)));
    const phasesEnd = f.let(i32.add(table, i32.load(table, head.phasesEnd)));
    const step = f.local('i32', i32.add(table, stepsOffset));
    const eachStep = (from: Expr<'i32'>, to: Expr<'i32'>, body: () => void): void => {
      f.set(step, from);
      f.loop((again) => {
        body();
        f.increment(step, stepBytes);
        f.brIf(again, i32.lt_u(step, to));
      });
    };
    f.while(i32.lt_u(phase, phasesEnd), () => {
      const first = f.let(step);
      const end = f.let(i32.add(table, i32.load(phase)));
      eachStep(first, end, () => emitStep(f, step, { control, table, scratch, place, clock, fault }));
      f.do(i32.store(place, 0));
      f.increment(phase, 4);
      // A worker need not see the end: the caller does, and waits for workers that are still inside.
      f.if(i32.or(i32.lt_u(phase, phasesEnd), i32.eqz(thread)), () => {
        eachStep(first, end, () => {
          emitWaitForStep(f, step, control, wait);
          leaveIfRefused(f, table, step);
        });
      });
    });
    f.return(i32.const(status.done));
  });
}

/** All threads see the same record at the end of its phase, and leave together: the run is done as far as it goes. */
function leaveIfRefused(f: FunctionBuilder<'i32'>, table: Expr<'i32'>, step: Expr<'i32'>): void {
  const record = f.let(i32.load(step, stepRecord.record));
  f.if(record, () => {
    f.if(i32.load(i32.load(i32.add(table, record)), 4), () => f.return(i32.const(status.done)));
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
  { control, table, scratch, place, clock, fault }: Thread,
): void {
  const counters = countersOf(f, control, step);
  const tiles = f.let(i32.load(step, stepRecord.tiles));
  const claim = i32['atomic.rmw.add'](counters, 1, nextOffset(0));
  const tile = f.local('i32');
  f.do(i32.store(place, i32.add(i32.load(step, stepRecord.index), 1)));
  f.set(tile, claim);
  f.if(i32.lt_u(tile, tiles), () => {
    const began = clock && f.let(f.call(clock));
    const window = f.let(i32.add(table, i32.load(step, stepRecord.window)));
    const func = f.let(i32.load(step, stepRecord.func));
    const own = f.local('i32');
    f.set(own, 0);
    f.block((exit) => {
      f.loop((again) => {
        if (fault) f.do(f.call(fault));
        f.do(f.callIndirect(kernelSignature, func, window, scratch, tile));
        f.increment(own, 1);
        f.brIf(exit, i32.eq(own, tiles));
        f.set(tile, claim);
        f.brIf(again, i32.lt_u(tile, tiles));
      });
    });
    if (began) {
      const ended = f.let(f.call(clock));
      const log = f.let(i32.add(place, i32.mul(i32.load(step, stepRecord.index), logStride)));
      [began, ended, own].forEach((word, i) => {
        f.do(i32.store(log, word, logOffset(0) + 4 * i));
      });
    }
    const done = i32.add(i32['atomic.rmw.add'](counters, own, doneOffset(0)), own);
    f.if(i32.eq(done, tiles), () => {
      // The count is published before the waiters are read; a waiter counts itself before it reads the count.
      f.if(i32['atomic.load'](control, waitersOffset), () => {
        f.do(memory['atomic.notify'](counters, -1, doneOffset(0)));
      });
    });
  });
}

type Wait = Func<['i32', 'i32', 'i32'], 'i32'>;

/** Goes on when all tiles of a step are finished; leaves the function when that does not come about. */
function emitWaitForStep(f: FunctionBuilder<'i32'>, step: Expr<'i32'>, control: Expr<'i32'>, wait: Wait): void {
  const counters = countersOf(f, control, step);
  const tiles = f.let(i32.load(step, stepRecord.tiles));
  f.if(i32.ne(i32['atomic.load'](counters, doneOffset(0)), tiles), () => {
    const outcome = f.let(f.call(wait, control, i32.add(counters, doneOffset(0)), tiles));
    f.if(outcome, () => f.return(outcome));
  });
}

/** wait(control, address of a step's `done`, tiles) → status: spins, then sleeps in slices until all tiles are finished. */
function emitWait(m: ModuleBuilder): Wait {
  return m.func(
    'wait',
    ['i32', 'i32', 'i32'],
    'i32',
    (f, control, done, tiles) => {
      const aborted = i32['atomic.load'](control, abortOffset);
      const rounds = f.local('i32', spins);
      f.loop((again) => {
        f.if(i32.eq(i32['atomic.load'](done), tiles), () => f.return(i32.const(status.done)));
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
          f.brIf(exit, i32.eq(now, tiles));
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
