// Laws of the team: on any number of threads, all tiles run once and phases follow each other; runs happen in order; and the event
// loop is free while an asynchronous run is under way. (programs.ts says how tiles tell.)

import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { host, memory, Team } from '@treadle/runtime';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { counting, gathering, scratchStride, spinning, valuesOf, withTable } from './programs.ts';

const phasesOf = fc.array(fc.array(fc.nat(9), { maxLength: 3 }), { maxLength: 6 });
const teams = new Map([1, 2, 3, 7].map((threads) => [threads, new Team({ threads })]));
const teamOf = fc.constantFrom(...teams.values());
const seed = 77;
const isLong = process.env.TREADLE_TEST_LONG !== undefined;

afterAll(() => Promise.all([...teams.values()].map((team) => team.shutdown())));

/** The table of a counting program after `rounds` runs. */
const tableAfter = (phases: readonly (readonly number[])[], rounds: number): number[] => {
  const values = valuesOf(phases, seed);
  return [seed, ...values.map(() => rounds), ...values, 0];
};

describe('all tiles run once, and each sees what the phases before it wrote', () => {
  test('in blocking runs', async () => {
    await fc.assert(
      fc.asyncProperty(
        teamOf,
        phasesOf,
        fc.boolean(),
        fc.integer({ min: 1, max: 30 }),
        async (team, phases, parallel, n) => {
          const { program, tiles, words } = counting(phases);
          await withTable(program, words, (table, view) => {
            view()[0] = seed;
            for (let i = 1; i <= n; i++) {
              team.run(program, table, { parallel });
              expect([...view()]).toEqual(tableAfter(phases, i));
              view().fill(0, 1 + tiles, 1 + 2 * tiles);
            }
          });
          team.forget(program);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('in asynchronous runs', async () => {
    await fc.assert(
      fc.asyncProperty(
        teamOf,
        phasesOf,
        fc.boolean(),
        fc.integer({ min: 1, max: 10 }),
        async (team, phases, parallel, n) => {
          const { program, tiles, words } = counting(phases);
          await withTable(program, words, async (table, view) => {
            view()[0] = seed;
            for (let i = 1; i <= n; i++) {
              await team.runAsync(program, table, { parallel });
              expect([...view()]).toEqual(tableAfter(phases, i));
              view().fill(0, 1 + tiles, 1 + 2 * tiles);
            }
          });
          team.forget(program);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('by threads that are certainly inside', async () => {
    const several = [...teams.values()].filter((team) => team.threads() > 1);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...several), phasesOf, fc.boolean(), async (team, phases, isBlocking) => {
        const { program, tiles, words } = counting(phases, { meet: true });
        await withTable(program, words, async (table, view) => {
          view()[0] = seed;
          const runs = 20;
          for (let i = 1; i <= runs; i++) {
            if (isBlocking) team.run(program, table);
            else await team.runAsync(program, table);
            expect([...view()]).toEqual([...tableAfter(phases, i).slice(0, -1), 2 * i]);
            view().fill(0, 1 + tiles, 1 + 2 * tiles);
          }
        });
        team.forget(program);
      }),
      { numRuns: 30 },
    );
  });

  test('in thousands of tiny runs of one program after the other, with workers that come late', async () => {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const [a, b, c] = [counting([[2]]), counting([[1], [3, 2], [1]]), counting([[4], [4], [4]])];
    const runs = 3000;
    /** Runs each program over a table of its own, in turns. */
    const runAll = (team: Team, tables: readonly number[]): void => {
      for (let i = 0; i < runs; i++) {
        for (const [p, { program }] of [a, b, c].entries()) team.run(program, tables[p] ?? 0);
        if (i % 100 === 0) Atomics.wait(pause, 0, 0, 0.05 * (i % 7));
      }
    };
    for (const team of teams.values()) {
      await withTable(a.program, a.words, (tableA, viewA) =>
        withTable(b.program, b.words, (tableB, viewB) =>
          withTable(c.program, c.words, (tableC, viewC) => {
            for (const view of [viewA, viewB, viewC]) view()[0] = seed;
            runAll(team, [tableA, tableB, tableC]);
            for (const [view, { phases }] of [[viewA, a] as const, [viewB, b] as const, [viewC, c] as const]) {
              expect([...view()]).toEqual(tableAfter(phases, runs));
            }
          }),
        ),
      );
    }
  });

  test('after the memory has grown while workers exist', async () => {
    const team = new Team({ threads: 2 });
    const { program, phases, words } = counting([[40], [40]]);
    const growing = [];
    for (let i = 0; i < 4; i++) {
      await withTable(program, words, async (table, view) => {
        view()[0] = seed;
        for (let n = 0; n < 200; n++) team.run(program, table);
        await team.runAsync(program, table);
        expect([...view()]).toEqual(tableAfter(phases, 201));
      });
      growing.push(memory.allocate(memory.bytesReserved));
    }
    for (const block of growing) memory.free(block);
    await team.shutdown();
  });

  test('at addresses beyond 2 GiB', async () => {
    const low = memory.allocate(2 ** 31);
    const large = 2 ** 20; // more than the holes that are left below
    const team = new Team({ threads: 2 });
    const { program, phases, words } = counting([[3], [4]], { meet: true });
    const demanding = { ...program, scratchBytes: large };
    await withTable(program, large, async (table, view) => {
      expect(table).toBeGreaterThan(2 ** 31);
      view()[0] = seed;
      team.run(demanding, table);
      await team.runAsync(demanding, table);
      expect([...view().subarray(0, words)]).toEqual([...tableAfter(phases, 2).slice(0, -1), 4]);
    });
    await team.shutdown();
    memory.free(low);
  });
});

describe('runs happen one at a time, in the order of the calls', () => {
  test('blocking and asynchronous ones mixed, each between its prepare and its finish', async () => {
    await fc.assert(
      fc.asyncProperty(teamOf, fc.array(fc.boolean(), { maxLength: 12 }), async (team, kinds) => {
        const { program, tiles, words } = counting([[3], [2]]);
        await withTable(program, words, async (table, view) => {
          const events: string[] = [];
          const pending = kinds.map((isBlocking, i) => {
            const prepare = {
              table: () => {
                events.push(`prepare ${i}`);
                view()[0] = i;
                return table;
              },
            };
            const options = {
              finish: () => {
                events.push(`finish ${i}`);
                expect([...view().subarray(1 + tiles, 1 + 2 * tiles)]).toEqual(valuesOf([[3], [2]], i));
              },
            };
            return isBlocking ? team.run(program, prepare, options) : team.runAsync(program, prepare, options);
          });
          await Promise.all(pending);
          expect(events).toEqual(kinds.flatMap((_, i) => [`prepare ${i}`, `finish ${i}`]));
          expect([...view().subarray(1, 1 + tiles)]).toEqual(Array(tiles).fill(kinds.length));
        });
      }),
      { numRuns: 30 },
    );
  });

  test('what prepare or finish throws ends that run alone', async () => {
    const team = new Team({ threads: 2 });
    const { program, words } = counting([[2]]);
    const fail = (): never => {
      throw new TypeError('mine');
    };
    await withTable(program, words, async (table, view) => {
      for (const [prepared, options] of [[{ table: fail }, {}] as const, [table, { finish: fail }] as const]) {
        expect(() => team.run(program, prepared, options)).toThrow('mine');
        const [first, second] = await Promise.allSettled([
          team.runAsync(program, prepared, options),
          team.runAsync(program, table),
        ]);
        expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled']);
      }
      // Those that failed in finish have run, those that failed in prepare have not.
      expect(view()[1]).toBe(4);
    });
    await team.shutdown();
  });
});

test('the event loop is free while an asynchronous run is under way', async () => {
  const team = new Team({ threads: 2 });
  const { program, words } = counting([[2]]);
  await withTable(program, words, (table) => team.runAsync(program, table));
  const long = spinning(200_000_000);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  const begin = performance.now();
  await withTable(long, 0, (table) => team.runAsync(long, table));
  const took = performance.now() - begin;
  clearInterval(timer);
  expect(took).toBeGreaterThan(20);
  // A blocked loop would tick at most once; half of the ticks may get lost on a busy machine.
  expect(ticks).toBeGreaterThan(Math.min(5, took / 2 / 4));
  await team.shutdown();
}, 30_000);

describe('the number of threads', () => {
  test('is that of the cores unless it is set', () => {
    const team = new Team();
    expect(team.threads()).toBe(host.cores());
    expect(host.cores()).toBeLessThanOrEqual(availableParallelism());
    team.setThreads(3);
    expect(team.threads()).toBe(3);
  });

  test('may change between runs, also while an asynchronous one is pending', async () => {
    const team = new Team({ threads: 2 });
    const { program, phases, words } = counting([[5], [7, 1]]);
    await withTable(program, words, async (table, view) => {
      view()[0] = seed;
      let runs = 0;
      for (const threads of [3, 1, 4, 4, 2]) {
        const pending = team.runAsync(program, table);
        team.setThreads(threads);
        team.run(program, table);
        await pending;
        runs += 2;
        expect([...view()]).toEqual(tableAfter(phases, runs));
      }
    });
    await team.shutdown();
  });

  test('is that of the threads that take part; the largest is that of all threads, until the event loop has a turn', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sizes, async (sizes) => {
        let spawned = 0;
        const count = () => spawned++;
        process.on('worker', count);
        const team = new Team({ threads: 2 });
        const runs = sizes.map((threads) => {
          team.setThreads(threads);
          const program = gathering(threads);
          return withTable(program, 1 + threads, (table, view) => {
            team.run(program, table);
            const scratches = [...view().subarray(1)].sort((a, b) => a - b);
            const [first = 0] = scratches;
            expect(scratches).toEqual(scratches.map((_, thread) => first + scratchStride * thread));
            team.forget(program);
          });
        });
        await Promise.all(runs);
        await new Promise((resolve) => process.nextTick(resolve)); // Node tells of a new worker in the next tick
        process.off('worker', count);
        expect(spawned).toBe(Math.max(...sizes) - 1);
        await team.shutdown();
      }),
      { numRuns: 15 },
    );
  });

  test('is soon that of the workers, too, when the event loop is free', async () => {
    const team = new Team({ threads: 5 });
    const { program, words } = counting([[5]]);
    await withTable(program, words, async (table) => {
      team.run(program, table);
      expect(team.workers.length).toBe(4);
      team.setThreads(3);
      while (team.workers.length > 2) await new Promise((resolve) => setImmediate(resolve));
      team.run(program, table);
      expect(team.workers.length).toBe(2);
      await team.runAsync(program, table);
      team.setThreads(1);
      while (team.workers.length > 0) await new Promise((resolve) => setImmediate(resolve));
    });
    await team.shutdown();
  });

  test('is a whole number, 1 or more', () => {
    for (const threads of [0, -1, 1.5, Number.NaN]) {
      const message = `setThreads: the number of threads must be a whole number, 1 or more; got ${threads}`;
      expect(() => new Team({ threads: 2 }).setThreads(threads)).toThrow(message);
      expect(() => new Team({ threads })).toThrow(RangeError);
    }
  });
});

describe('workers', () => {
  test('have ended when a shutdown has, also those that the team had no use for any more', async () => {
    const workers: Worker[] = [];
    const collect = (worker: Worker) => workers.push(worker);
    process.on('worker', collect);
    const team = new Team({ threads: 4 });
    const { program, words } = counting([[4]]);
    await withTable(program, words, async (table) => {
      team.run(program, table);
      await team.runAsync(program, table);
      team.setThreads(2);
      await new Promise((resolve) => setImmediate(resolve)); // now they are told to end
      await team.runAsync(program, table);
      await team.shutdown();
    });
    process.off('worker', collect);
    expect(workers.length).toBe(4 + 2);
    for (const { threadId } of workers) expect(threadId).toBe(-1); // which is that of a thread that has ended
  });

  test('are spawned by the first run that needs them, one more for asynchronous runs', async () => {
    const team = new Team({ threads: 3 });
    const { program, words } = counting([[2]]);
    await withTable(program, words, async (table) => {
      team.run(program, table, { parallel: false });
      expect(team.workers.length).toBe(0);
      team.run(program, table);
      expect(team.workers.length).toBe(2);
      await team.runAsync(program, table, { parallel: false });
      expect(team.workers.length).toBe(3);
      await team.runAsync(program, table);
      expect(team.workers.length).toBe(3);
    });
    await team.shutdown();
    expect(team.workers.length).toBe(0);
  });

  test('give everything back at a shutdown, which lets pending runs finish; the next run has new ones', async () => {
    const team = new Team({ threads: 2 });
    const { program, phases, words } = counting([[3], [3]]);
    const { bytesInUse } = memory;
    for (let round = 0; round < 3; round++) {
      await withTable(program, words, async (table, view) => {
        view()[0] = seed;
        team.run(program, table);
        const pending = [team.runAsync(program, table), team.runAsync(program, table)];
        await team.shutdown();
        expect([...view()]).toEqual(tableAfter(phases, 3));
        await Promise.all(pending);
      });
      expect(memory.bytesInUse).toBe(bytesInUse);
    }
  });

  test(
    'may start and end any number of times',
    async () => {
      const { program, phases, words } = counting([[3], [2]]);
      const { bytesInUse } = memory;
      const rounds = isLong ? 100_000 : 20;
      await withTable(program, words, async (table, view) => {
        view()[0] = seed;
        for (let round = 1; round <= rounds; round++) {
          const team = new Team({ threads: 2 + (round % 2) });
          if (round % 3 === 0) team.run(program, table);
          else await team.runAsync(program, table);
          expect([...view()]).toEqual(tableAfter(phases, round));
          await team.shutdown();
        }
      });
      expect(memory.bytesInUse).toBe(bytesInUse);
    },
    isLong ? 6 * 3_600_000 : 60_000,
  );
});
