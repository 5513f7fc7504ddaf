// The entry of every program: it goes through the phases of the step table, and through those of a loop as often as that says.
// Whoever enters takes part from where the others are, so a thread may come late or never; a phase ends when the tiles of all
// its steps are finished, whoever finished them. Knows nothing of what a kernel computes.

import { nextOffset, status } from '@treadle/runtime';
import { type Expr, type Func, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
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
} from '../plan/step-table.ts';
import {
  countersOf,
  emitClaim,
  emitStep,
  emitWait,
  emitWaitForStep,
  type Round,
  type Thread,
  type TileCalls,
} from './claim-tiles.ts';

/** A list of phases was left because a step refused what it read: the run is done as far as it goes. */
const refused = -1;

/** What the functions of the entry call. */
interface Calls extends TileCalls {
  readonly loop: Loop;
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
