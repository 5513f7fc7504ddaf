// When other threads are called: by what they save, and by what it costs to wake them. The figures are estimates; the laws
// are about what follows from them.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gainOf, WakePolicy, wakeNanoseconds } from '../../packages/runtime/dist/threads/wake-policy.js';

const kernel = fc.record({ tiles: fc.nat({ max: 40 }), cost: fc.double({ min: 0, max: 1e6, noNaN: true }) });
const work = fc.array(fc.array(kernel, { maxLength: 3 }), { maxLength: 6 });
const threads = fc.integer({ min: 1, max: 16 });

describe('what threads save of a plan', () => {
  test('is no more than their share of the work, and nothing on one thread or of single tiles', () => {
    fc.assert(
      fc.property(work, threads, (phases, n) => {
        const total = phases.flat().reduce((sum, { tiles, cost }) => sum + (tiles > 0 ? cost : 0), 0);
        const gain = gainOf(phases, n);
        expect(gain).toBeGreaterThanOrEqual(0);
        expect(gain).toBeLessThanOrEqual(total * (1 - 1 / n) * (1 + 1e-12));
        const single = phases.map((phase) => phase.slice(0, 1).map(({ cost }) => ({ tiles: 1, cost })));
        expect(gainOf(single, n)).toBe(0);
      }),
    );
  });

  test('is nearly half of long work in even tiles on two', () => {
    expect(gainOf([[{ tiles: 8, cost: 1e6 }]], 2)).toBeCloseTo(5e5, -4);
    expect(gainOf([[{ tiles: 3, cost: 3e6 }]], 2)).toBeCloseTo(1e6, -4);
  });
});

describe('threads are called', () => {
  test('at once when they are awake, and when a run alone gains what it costs to wake them', () => {
    expect(new WakePolicy().pays(10_000, true, 0)).toBe(true);
    expect(new WakePolicy().pays(wakeNanoseconds, false, 0)).toBe(true);
    expect(new WakePolicy().pays(wakeNanoseconds - 1, false, 0)).toBe(false);
    expect(new WakePolicy().pays(1, true, 0)).toBe(false);
  });

  const gains = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 100 });

  test('asleep, in a row of runs without a pause, before more than the cost of waking them was forgone', () => {
    fc.assert(
      fc.property(gains, (row) => {
        const sharing = new WakePolicy();
        let forgone = 0;
        for (const [i, gain] of row.entries()) {
          if (sharing.pays(gain, false, 0.05 * i)) forgone = 0;
          else if (gain >= 2_000) forgone += gain;
          expect(forgone).toBeLessThan(wakeNanoseconds);
          sharing.ended(0.05 * i + 0.01);
        }
      }),
    );
  });

  test('never for runs with pauses that gain less', () => {
    fc.assert(
      fc.property(gains, (row) => {
        const sharing = new WakePolicy();
        for (const [i, gain] of row.entries()) {
          expect(sharing.pays(gain, false, 10 * i)).toBe(gain >= wakeNanoseconds);
          sharing.ended(10 * i + 1);
        }
      }),
    );
  });
});
