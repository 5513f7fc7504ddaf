// The entry of a program: how threads share out the tiles of its steps. Whoever enters claims tiles until none is left, so a
// thread may come late or never; a phase ends when the tiles of all its steps are finished, whoever finished them. The words
// through which threads agree lie where `@treadle/pool` says. Knows nothing of what a kernel computes.

import type { KernelFunc, Slot } from '@treadle/kernels';
import {
  abortOffset,
  doneOffset,
  logOffset,
  nextOffset,
  patienceOffset,
  placeOffset,
  placeStride,
  sliceMilliseconds,
  status,
  waitersOffset,
} from '@treadle/pool';
import { type Expr, type Func, type FunctionBuilder, i32, type ModuleBuilder, memory } from '@treadle/wasm';

/** A kernel and how many tiles it has. */
export interface Step {
  readonly func: KernelFunc;
  readonly tiles: number;
  /** slot of the record in which it refuses what it reads */
  readonly record?: Slot | undefined;
}

/** Steps of a phase may run at the same time; a phase begins when the one before has ended. */
export type Phase = readonly Step[];

/** Rounds that a thread spins at the end of a phase before it sleeps: some tens of microseconds. */
const spins = 20_000;
const sliceNanoseconds = BigInt(sliceMilliseconds * 1e6);

interface Thread {
  readonly control: Expr<'i32'>;
  readonly table: Expr<'i32'>;
  readonly scratch: Expr<'i32'>;
  /** address of the word that tells at which step this thread works */
  readonly place: Expr<'i32'>;
  /** the time, for threads that are to write down when they work */
  readonly clock: Func<[], 'i32'> | undefined;
}

/**
 * Exports `main(control, table, scratch, thread) → status`. Steps are numbered through all phases; one without tiles keeps
 * its number and emits nothing. Thread 0 returns when all is done, any other one as soon as nothing is left to claim. With a
 * `clock`, threads write down when they work at each step, and at how many tiles.
 */
export function emitMain(m: ModuleBuilder, phases: readonly Phase[], clock?: Func<[], 'i32'>): void {
  const numbered = number(phases);
  const steps = phases.flat().length;
  const wait = emitWait(m);
  m.func('main', ['i32', 'i32', 'i32', 'i32'], 'i32', (f, control, table, scratch, thread) => {
    const offset = i32.add(i32.mul(thread, placeStride(steps, clock !== undefined)), placeOffset(steps, 0));
    const place = f.let(i32.add(control, offset));
    const outcome = f.local('i32');
    numbered.forEach((phase, p) => {
      for (const step of phase) emitStep(f, step, { control, table, scratch, place, clock });
      f.do(i32.store(place, 0));
      const waitForAll = () => {
        for (const { index, tiles } of phase) {
          f.set(outcome, f.call(wait, control, i32.add(control, doneOffset(index)), tiles));
          f.if(outcome, () => f.return(outcome));
        }
      };
      // A worker need not see the end: the caller does, and waits for workers that are still inside.
      if (p < numbered.length - 1) {
        waitForAll();
        for (const { record } of phase) if (record !== undefined) leaveIfRefused(f, table, record);
      } else f.if(i32.eqz(thread), waitForAll);
    });
    f.return(i32.const(status.done));
  });
}

/** All threads see the same record at the end of its phase, and leave together: the run is done as far as it goes. */
function leaveIfRefused(f: FunctionBuilder, table: Expr<'i32'>, record: Slot): void {
  f.if(i32.load(i32.load(table, 4 * record), 4), () => f.return(i32.const(status.done)));
}

interface NumberedStep extends Step {
  readonly index: number;
}

/** Phases of steps that have tiles, with the number of each step. */
function number(phases: readonly Phase[]): readonly (readonly NumberedStep[])[] {
  let index = 0;
  return phases
    .map((phase) => phase.map((step) => ({ ...step, index: index++ })).filter(({ tiles }) => tiles > 0))
    .filter((phase) => phase.length > 0);
}

/** Claims and runs tiles of one step until all are claimed; counts those it ran, once. */
function emitStep(f: FunctionBuilder, { func, tiles, index }: NumberedStep, thread: Thread): void {
  const { control, table, scratch, place, clock } = thread;
  const claim = i32['atomic.rmw.add'](control, 1, nextOffset(index));
  const own = f.local('i32', 0);
  const tile = f.local('i32');
  const runTile = () => {
    f.do(f.call(func, table, scratch, tile));
    f.increment(own, 1);
  };
  f.do(i32.store(place, index + 1));
  f.set(tile, claim);
  f.if(i32.lt_u(tile, tiles), () => {
    const began = clock && f.let(f.call(clock));
    if (tiles === 1) runTile();
    else {
      f.loop((again) => {
        runTile();
        f.set(tile, claim);
        f.brIf(again, i32.lt_u(tile, tiles));
      });
    }
    if (began) {
      const ended = f.let(f.call(clock));
      [began, ended, own].forEach((word, i) => {
        f.do(i32.store(place, word, logOffset(index) + 4 * i));
      });
    }
    const done = i32.add(i32['atomic.rmw.add'](control, own, doneOffset(index)), own);
    f.if(i32.eq(done, tiles), () => {
      // The count is published before the waiters are read; a waiter counts itself before it reads the count.
      f.if(i32['atomic.load'](control, waitersOffset), () => {
        f.do(memory['atomic.notify'](control, -1, doneOffset(index)));
      });
    });
  });
}

/** wait(control, address of a step's `done`, tiles) → status: spins, then sleeps in slices until all tiles are finished. */
function emitWait(m: ModuleBuilder): Func<['i32', 'i32', 'i32'], 'i32'> {
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
