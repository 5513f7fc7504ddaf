// The law of loops in programs: every tile of every round runs once, and sees what the phases and rounds before it wrote,
// on any number of threads, however late they come; in loops in loops, too. Each tile adds up all that was written before it.

import { Team } from '@treadle/runtime';
import { type Expr, i32, ModuleBuilder } from '@treadle/wasm';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { phaseTable, type TabledPhases } from '../../packages/compiler/dist/plan/phase-table.js';
import { encodedWith, programOf, withTable } from './programs.ts';

/** Tiles of a kernel, or a loop. */
type Part = number | { readonly rounds: number; readonly phases: readonly (readonly Part[])[] };
type Phases = readonly (readonly Part[])[];

const teams = new Map([1, 2, 3, 7].map((threads) => [threads, new Team({ threads })]));
afterAll(() => Promise.all([...teams.values()].map((team) => team.shutdown())));

const { phases: drawn } = fc.letrec<{ phases: Phases; inner: Phases }>((tie) => {
  const tiles = fc.oneof({ arbitrary: fc.integer({ min: 1, max: 5 }), weight: 5 }, fc.constant(0));
  const loop = (inner: fc.Arbitrary<Phases>) => fc.record({ rounds: fc.integer({ min: 1, max: 9 }), phases: inner });
  const list = (part: fc.Arbitrary<Part>) => fc.array(fc.array(part, { maxLength: 2 }), { maxLength: 3 });
  return {
    inner: list(fc.oneof({ arbitrary: tiles, weight: 4 }, loop(list(tiles)))),
    phases: list(fc.oneof({ arbitrary: tiles, weight: 2 }, loop(tie('inner')))),
  };
});

const isLoop = (part: Part): part is Exclude<Part, number> => typeof part !== 'number';
const tilesOf = (phases: Phases): readonly number[] =>
  phases.flat().flatMap((part) => (isLoop(part) ? tilesOf(part.phases) : [part]));

// The shared words: for each kernel the number of its phase's begin, then a word for each tile of each kernel, all begin as 0. In a
// round, a tile adds to its word: 1 + its round + Σ all words of the phase before it in its list, and of its own phase none.

interface Laid {
  readonly kernel: number;
  /** where its words begin, and how many there are */
  readonly begin: number;
  readonly tiles: number;
  /** the words that it adds up */
  readonly from: number;
  readonly to: number;
}

/** Where the words of each kernel lie: those of a phase, loops included, beside each other. */
function layOut(phases: Phases, begin = 0, kernel = 0): { laid: Laid[]; end: number; kernel: number } {
  const laid: Laid[] = [];
  let [from, to, at] = [begin, begin, begin];
  for (const phase of phases) {
    const first = at;
    for (const part of phase) {
      if (isLoop(part)) {
        const inner = layOut(part.phases, at, kernel);
        laid.push(...inner.laid);
        [at, kernel] = [inner.end, inner.kernel];
      } else {
        laid.push({ kernel: kernel++, begin: at, tiles: part, from, to });
        at += part;
      }
    }
    [from, to] = [first, at];
  }
  return { laid, end: at, kernel };
}

/** The words after a run, in plain TypeScript. */
function wordsAfter(phases: Phases, laid: readonly Laid[], words: number): readonly number[] {
  const all = new Array<number>(words).fill(0);
  const run = (list: Phases, round: number, kernel: number): number => {
    for (const phase of list) {
      const loops: [Exclude<Part, number>, number][] = [];
      for (const part of phase) {
        if (isLoop(part)) {
          loops.push([part, kernel]);
          kernel += tilesOf(part.phases).length;
          continue;
        }
        const { begin, from, to } = laid[kernel++]!;
        const sum = all.slice(from, to).reduce((a, b) => (a + b) | 0, 0);
        for (let i = 0; i < part; i++) all[begin + i] = (all[begin + i]! + 1 + round + sum) | 0;
      }
      for (const [loop, first] of loops) for (let i = 0; i < loop.rounds; i++) run(loop.phases, i, first);
    }
    return kernel;
  };
  run(phases, 0, 0);
  return all;
}

function tabled(phases: Phases, counter: { kernel: number; own: number }): TabledPhases {
  return phases.map((phase) =>
    phase.map((part) => {
      if (!isLoop(part)) return { func: counter.kernel++, tiles: part, addressList: 0 };
      const own = counter.own;
      counter.own += 64;
      // Around a loop, address lists are [address, 0 or the round, 0, 1]; so they are in it.
      return {
        iterations: part.rounds,
        phases: tabled(part.phases, counter),
        addressList: 0,
        threadOffset: own,
        fixed: [0, 0, 8, 8, 12, 12],
        changing: [4, 8, 12, 1, -1],
      };
    }),
  );
}

test('every tile of every round runs once, after all that came before it', async () => {
  await fc.assert(
    fc.asyncProperty(
      drawn,
      fc.constantFrom(...teams.values()),
      fc.boolean(),
      fc.boolean(),
      async (phases, team, parallel, isBlocking) => {
        const { laid, end } = layOut(phases);
        const m = new ModuleBuilder({ memory: encodedWith.memory });
        for (const { kernel, begin, from, to } of laid) {
          m.func(`kernel${kernel}`, ['i32', 'i32', 'i32'], 'void', (f, addressList, _, tile) => {
            const words = f.let(i32.load(addressList));
            const sum = f.local('i32', i32.add(i32.load(addressList, 4), 1));
            const at = f.local('i32', i32.add(words, 4 * from));
            f.while(i32.lt_u(at, i32.add(words, 4 * to)), () => {
              f.set(sum, i32.add(sum, i32.load(at)));
              f.increment(at, 4);
            });
            const rounds = f.local('i32', i32.shr_u(i32.mul(i32.add(sum, tile), 0x9e37_79b9 | 0), 24));
            f.while(rounds, () => f.increment(rounds, -1));
            const own: Expr<'i32'> = f.let(i32.add(words, i32.mul(i32.add(tile, begin), 4)));
            f.do(i32.store(own, i32.add(i32.load(own), sum)));
          });
        }
        const counter = { kernel: 0, own: 0 };
        const table = tabled(phases, counter);
        const head = phaseTable(table, { threadBytes: counter.own }).words;
        const scratchBytes = counter.own + 64;
        const encoded = { entry: encodedWith.entry, kernels: m.encode(), kernelCount: laid.length, head };
        const program = { ...programOf(encoded), scratchBytes };
        const expected = wordsAfter(phases, laid, end);
        await withTable(
          program,
          4 + end,
          async (address, view) => {
            for (let run = 0; run < 5; run++) {
              view().fill(0);
              view().set([view().byteOffset + 16, 0, 0, 1]);
              if (isBlocking) team.run(program, address, { parallel });
              else await team.runAsync(program, address, { parallel });
              expect([...view().subarray(4)]).toEqual(expected);
            }
          },
          head,
        );
        team.forget(program);
      },
    ),
    { numRuns: process.env.TREADLE_TEST_LONG ? 2000 : 150 },
  );
});
