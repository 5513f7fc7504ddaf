// How threads share the tiles of a kernel: each thread claims tiles until none is left, and adds those that it ran to a counter; a kernel is
// over when all tiles are counted. In a loop the counters go on from iteration to iteration, so that a thread which is late by an
// iteration claims nothing. The layout of the control block is that of `@treadle/runtime`.

import type { KernelFunc } from '@treadle/kernels';
import {
  abortOffset,
  doneOffset,
  logOffset,
  nextOffset,
  sliceMilliseconds,
  status,
  timeoutOffset,
  waitersOffset,
} from '@treadle/runtime';
import { type Expr, type Func, type FunctionBuilder, i32, type ModuleBuilder, memory } from '@treadle/wasm';
import { head, kernelRecord } from '../plan/phase-table.ts';

/** How often a thread looks at the counter at the end of a phase before it sleeps: some tens of microseconds. */
const spins = 20_000;
const sliceNanoseconds = BigInt(sliceMilliseconds * 1e6);

/** Bytes from the counters, and from the log, of one kernel to those of the next. */
const counterStride = nextOffset(1) - nextOffset(0);
const logStride = logOffset(1) - logOffset(0);

const kernelSignature = { params: ['i32', 'i32', 'i32'], result: 'void' } as const satisfies Pick<
  KernelFunc,
  'params' | 'result'
>;

/** What a thread is given when it enters. */
export interface Thread {
  readonly control: Expr<'i32'>;
  readonly table: Expr<'i32'>;
  /** the thread's own memory: the address lists of loops, then the scratch of kernels */
  readonly threadMemory: Expr<'i32'>;
  /** address of the word in which this thread says at which kernel it works */
  readonly progress: Expr<'i32'>;
  /** number of the thread */
  readonly thread: Expr<'i32'>;
}

/** The iteration in which kernels run, undefined outside of loops, and the address from which their address lists are counted. */
export interface Iteration {
  readonly number: Expr<'i32'> | undefined;
  readonly addressLists: Expr<'i32'>;
}

/** The imported functions that are called around tiles, all of them optional. */
export interface ImportedCalls {
  /** the time, for runs that are watched */
  readonly clock?: Func<[], 'i32'> | undefined;
  /** called before every tile, in tests */
  readonly fault?: Func<[], 'void'> | undefined;
  /** called after every tile: not 0 where the thread is to return for now */
  readonly pause?: Func<[], 'i32'> | undefined;
}

/** The functions that are called around tiles. */
export interface TileCalls extends ImportedCalls {
  readonly wait: Wait;
  readonly claim: Claim;
}

/** The address from which the counter offsets of kernel 0 are counted for the kernel with this record. */
export function countersOf(f: FunctionBuilder, control: Expr<'i32'>, kernel: Expr<'i32'>): Expr<'i32'> {
  return f.let(i32.add(control, i32.mul(i32.load(kernel, kernelRecord.index), counterStride)));
}

/**
 * Claims and runs tiles of one kernel until all are claimed, then adds those that it ran to the counter. Returns from the function where
 * the thread is to pause.
 */
export function emitKernel(
  f: FunctionBuilder<'i32'>,
  kernel: Expr<'i32'>,
  { control, table, threadMemory, progress }: Thread,
  { number, addressLists }: Iteration,
  { clock, fault, pause, claim }: TileCalls,
): void {
  const counters = countersOf(f, control, kernel);
  const tiles = f.let(i32.load(kernel, kernelRecord.tiles));
  const first = number && f.let(i32.mul(number, tiles));
  const end = first ? f.let(i32.add(first, tiles)) : tiles;
  const claimed = first ? f.call(claim, counters, end) : i32['atomic.rmw.add'](counters, 1, nextOffset(0));
  const tile = f.local('i32');
  f.do(i32.store(progress, i32.add(i32.load(kernel, kernelRecord.index), 1)));
  f.set(tile, claimed);
  f.if(i32.lt_u(tile, end), () => {
    const began = clock && f.let(f.call(clock));
    const addressList = f.let(i32.add(addressLists, i32.load(kernel, kernelRecord.addressList)));
    const scratch = f.let(i32.add(threadMemory, i32.load(table, head.threadBytes)));
    const func = f.let(i32.load(kernel, kernelRecord.func));
    const ran = f.local('i32');
    f.set(ran, 0);
    const pauses = pause && f.local('i32');
    f.block((exit) => {
      f.loop((again) => {
        if (fault) f.do(f.call(fault));
        f.do(f.callIndirect(kernelSignature, func, addressList, scratch, first ? i32.sub(tile, first) : tile));
        f.increment(ran, 1);
        if (pause && pauses) {
          f.set(pauses, f.call(pause));
          f.brIf(exit, pauses);
        }
        f.brIf(exit, i32.eq(ran, tiles));
        f.set(tile, claimed);
        f.brIf(again, i32.lt_u(tile, end));
      });
    });
    if (clock && began) emitLog(f, kernel, progress, clock, began, ran);
    const done = i32.add(i32['atomic.rmw.add'](counters, ran, doneOffset(0)), ran);
    f.if(i32.eq(done, end), () => {
      // The count is published before the waiters are read; a waiter counts itself before it reads the count.
      f.if(i32['atomic.load'](control, waitersOffset), () => {
        f.do(memory['atomic.notify'](counters, -1, doneOffset(0)));
      });
    });
    if (pauses) f.if(pauses, () => f.return(i32.const(status.stalled)));
  });
}

/** Notes when a thread worked at a kernel, and at how many tiles; in a loop, the time of all iterations as one interval. */
function emitLog(
  f: FunctionBuilder,
  kernel: Expr<'i32'>,
  progress: Expr<'i32'>,
  clock: Func<[], 'i32'>,
  began: Expr<'i32'>,
  ran: Expr<'i32'>,
): void {
  const log = f.let(i32.add(progress, i32.mul(i32.load(kernel, kernelRecord.index), logStride)));
  const [beganAt, endedAt, tilesAt] = [logOffset(0), logOffset(0) + 4, logOffset(0) + 8];
  const ended = f.let(f.call(clock));
  f.if(
    i32.load(log, tilesAt),
    () => f.do(i32.store(log, i32.add(i32.load(log, endedAt), i32.sub(ended, began)), endedAt)),
    () => f.do(i32.store(log, began, beganAt), i32.store(log, ended, endedAt)),
  );
  f.do(i32.store(log, i32.add(i32.load(log, tilesAt), ran), tilesAt));
}

/** The function that emitClaim makes. */
export type Claim = Func<['i32', 'i32'], 'i32'>;

/** claim(counters, end) → a tile that is now claimed; `end` or more if all are claimed already. */
export function emitClaim(m: ModuleBuilder): Claim {
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

/** The function that emitWait makes. */
export type Wait = Func<['i32', 'i32', 'i32'], 'i32'>;

/** Waits until all tiles of a kernel are finished. Returns from the function if the run is aborted or stalls. */
export function emitWaitForKernel(
  f: FunctionBuilder<'i32'>,
  kernel: Expr<'i32'>,
  control: Expr<'i32'>,
  { number }: Iteration,
  wait: Wait,
): void {
  const counters = countersOf(f, control, kernel);
  const tiles = i32.load(kernel, kernelRecord.tiles);
  const end = f.let(number ? i32.mul(i32.add(number, 1), tiles) : tiles);
  f.if(i32.lt_u(i32['atomic.load'](counters, doneOffset(0)), end), () => {
    const outcome = f.let(f.call(wait, control, i32.add(counters, doneOffset(0)), end));
    f.if(outcome, () => f.return(outcome));
  });
}

/** wait(control, address of a kernel's `done`, end) → status: spins, then sleeps in slices, until `end` tiles are finished. */
export function emitWait(m: ModuleBuilder): Wait {
  // A function of its own: in a loop, the baseline compiler of V8 11 (Node 20) loses the values of local variables at this instruction.
  const sleep = m.func(
    'sleep',
    ['i32', 'i32'],
    'i32',
    (f, address, expected) => f.return(memory['atomic.wait32'](address, expected, sliceNanoseconds)),
    { exported: false },
  );
  return m.func(
    'wait',
    ['i32', 'i32', 'i32'],
    'i32',
    (f, control, done, end) => {
      const aborted = i32['atomic.load'](control, abortOffset);
      const looks = f.local('i32', spins);
      f.loop((again) => {
        f.if(i32.ge_u(i32['atomic.load'](done), end), () => f.return(i32.const(status.done)));
        f.if(aborted, () => f.return(i32.const(status.aborted)));
        f.increment(looks, -1);
        f.brIf(again, looks);
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
            () => f.set(slices, i32.load(control, timeoutOffset)),
            () => f.increment(slices, -1),
          );
          f.set(seen, now);
          f.set(outcome, i32.const(status.stalled));
          f.brIf(exit, i32.eqz(slices));
          f.set(outcome, i32.const(status.done));
          f.do(f.call(sleep, done, now));
          f.br(again);
        });
      });
      f.do(i32['atomic.rmw.sub'](control, 1, waitersOffset));
      f.return(outcome);
    },
    { exported: false },
  );
}
