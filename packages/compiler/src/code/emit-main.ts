// The entry function of every program: it runs the phases of the phase table, and the phases of a loop in each iteration. A thread that
// enters joins the phase that is under way, so it may come late or never. A phase ends when all tiles of its kernels are finished, by
// any thread. Knows nothing of what a kernel computes.

import { nextOffset, status } from '@treadle/runtime';
import { type Expr, type Func, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import {
  changingWord,
  changingWordBytes,
  head,
  kernelRecord,
  kernelRecordBytes,
  loopRecord,
  phaseBytes,
  phaseList,
  phaseRecord,
} from '../plan/phase-table.ts';
import {
  countersOf,
  emitClaim,
  emitKernel,
  emitWait,
  emitWaitForKernel,
  type ImportedCalls,
  type Iteration,
  type Thread,
  type TileCalls,
} from './claim-tiles.ts';

/** The result of a phase list that was left because a kernel has refused what it read. */
const refused = -1;

/** What the functions of the entry call. */
interface Calls extends TileCalls {
  readonly loop: Loop;
}

/**
 * Exports `main(control, table, scratch, thread) → status`, which calls kernels through the module's table of functions. Thread 0 returns
 * when all tiles are finished, any other thread when no tile is left to claim. With a `clock`, threads note when they work at each kernel,
 * and at how many tiles. With a `pause` that says 1, a thread returns `stalled` after its tile; it goes on there when it is called again.
 */
export function emitMain(m: ModuleBuilder, { clock, fault, pause }: ImportedCalls = {}): void {
  const loop = m.declare('loop', eight, 'i32', { exported: false });
  const calls: Calls = { clock, fault, pause, wait: emitWait(m), claim: emitClaim(m), loop: loop.func };
  m.func('main', ['i32', 'i32', 'i32', 'i32'], 'i32', (f, control, table, scratch, thread) => {
    const firstProgress = i32.add(control, i32.load(table, head.progress));
    const progress = f.let(i32.add(firstProgress, i32.mul(thread, i32.load(table, head.progressStride))));
    const given = { control, table, threadMemory: scratch, progress, thread };
    emitPhases(f, i32.add(table, head.list), given, { number: undefined, addressLists: table }, calls);
    f.return(i32.const(status.done));
  });
  loop.define((f, control, table, threadMemory, progress, thread, record, addressLists, iteration) =>
    emitLoop(f, { control, table, threadMemory, progress, thread }, record, { number: iteration, addressLists }, calls),
  );
}

/** Runs the phase list at an address. */
function emitPhases(
  f: FunctionBuilder<'i32'>,
  at: Expr<'i32'>,
  given: Thread,
  iteration: Iteration,
  calls: Calls,
): void {
  const { control, table, threadMemory, progress, thread } = given;
  const listAt = f.let(at);
  const phase = f.local('i32', i32.add(table, i32.load(listAt, phaseList.phases)));
  const phasesEnd = f.let(i32.add(table, i32.load(listAt, phaseList.phasesEnd)));
  const kernel = f.local('i32', i32.add(table, i32.load(listAt, phaseList.kernels)));
  const eachKernel = (from: Expr<'i32'>, to: Expr<'i32'>, body: () => void): void => {
    f.set(kernel, from);
    f.loop((again) => {
      body();
      f.increment(kernel, kernelRecordBytes);
      f.brIf(again, i32.lt_u(kernel, to));
    });
  };
  f.while(i32.lt_u(phase, phasesEnd), () => {
    const loop = f.let(i32.load(phase, phaseRecord.loop));
    const first = f.let(kernel);
    const end = f.let(i32.add(table, i32.load(phase, phaseRecord.kernelsEnd)));
    f.increment(phase, phaseBytes);
    f.if(
      loop,
      () => {
        const number = iteration.number ?? i32.const(0);
        const record = i32.add(table, loop);
        const outcome = f.let(
          f.call(calls.loop, control, table, threadMemory, progress, thread, record, iteration.addressLists, number),
        );
        f.if(outcome, () => f.return(iteration.number ? outcome : withoutRefusal(outcome)));
      },
      () => {
        eachKernel(first, end, () => emitKernel(f, kernel, given, iteration, calls));
        f.do(i32.store(progress, 0));
        // Only thread 0 waits for the end of the last phase; the caller then waits for workers that are still inside.
        const isSeen = iteration.number ? i32.const(1) : i32.or(i32.lt_u(phase, phasesEnd), i32.eqz(thread));
        f.if(isSeen, () => {
          eachKernel(first, end, () => {
            emitWaitForKernel(f, kernel, control, iteration, calls.wait);
            leaveIfRefused(f, kernel, iteration);
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
/**
 * loop(control, table, thread's memory, progress, thread, address of the loop's record, outer address lists, iteration of the outer
 * loop) → status or `refused`
 */
type Loop = Func<typeof eight, 'i32'>;

/** Runs all iterations of a loop, from the one that is under way. `outer`: the iteration of the loop around it. */
function emitLoop(
  f: FunctionBuilder<'i32'>,
  given: Thread,
  record: Expr<'i32'>,
  outer: Required<{ [K in keyof Iteration]: Exclude<Iteration[K], undefined> }>,
  calls: Calls,
): void {
  const { table, threadMemory } = given;
  const iterations = f.let(i32.load(record, loopRecord.iterations));
  const source = f.let(i32.add(outer.addressLists, i32.load(record, loopRecord.addressList)));
  const addressLists = f.let(i32.add(threadMemory, i32.load(record, loopRecord.threadOffset)));
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
    f.do(i32.store(i32.add(addressLists, i32.load(entry)), wordAt(entry, 4)));
  });
  const before = f.let(i32.mul(outer.number, iterations));
  const iteration = f.local('i32', firstIteration(f, given, record, before, iterations));
  f.while(i32.lt_u(iteration, iterations), () => {
    eachEntry(loopRecord.changing, loopRecord.changingEnd, changingWordBytes, (entry) => {
      const word = f.local('i32', wordAt(entry, changingWord.first));
      f.if(iteration, () => {
        const strides = i32.and(i32.sub(iteration, 1), i32.load(entry, changingWord.mask));
        f.set(word, i32.add(wordAt(entry, changingWord.from), i32.mul(i32.load(entry, changingWord.stride), strides)));
      });
      f.do(i32.store(i32.add(addressLists, i32.load(entry, changingWord.at)), word));
    });
    const number = f.let(i32.add(before, iteration));
    emitPhases(f, i32.add(record, loopRecord.list), given, { number, addressLists }, calls);
    f.increment(iteration, 1);
  });
  f.return(i32.const(status.done));
}

/**
 * The iteration in which to begin: the one in which a tile of the first kernel was claimed last, because all iterations before it are over.
 * In a run that was aborted all iterations seem to be over; then the last one detects the abort.
 */
function firstIteration(
  f: FunctionBuilder<'i32'>,
  { control, table }: Thread,
  record: Expr<'i32'>,
  before: Expr<'i32'>,
  iterations: Expr<'i32'>,
): Expr<'i32'> {
  const kernel = f.let(i32.add(table, i32.load(record, loopRecord.list + phaseList.kernels)));
  const claimed = f.let(i32['atomic.load'](countersOf(f, control, kernel), nextOffset(0)));
  const latest = f.local('i32', 0);
  f.if(claimed, () => f.set(latest, i32.div_u(i32.sub(claimed, 1), i32.load(kernel, kernelRecord.tiles))));
  const iteration = f.local('i32', i32.sub(latest, before));
  f.if(i32.lt_s(iteration, 0), () => f.set(iteration, 0));
  f.if(i32.ge_u(iteration, iterations), () => f.set(iteration, i32.sub(iterations, 1)));
  return iteration;
}

/** Leaves the phase list if a kernel of the phase has refused what it read. All threads see the same record, so all of them leave. */
function leaveIfRefused(f: FunctionBuilder<'i32'>, kernel: Expr<'i32'>, { addressLists, number }: Iteration): void {
  const record = f.let(i32.load(kernel, kernelRecord.record));
  f.if(i32.ge_s(record, 0), () => {
    const isRefused = i32.load(i32.load(i32.add(addressLists, record)), 4);
    f.if(isRefused, () => f.return(i32.const(number ? refused : status.done)));
  });
}
