// The texts that TREADLE_DEBUG prints: they describe what a pass has made, and nothing is printed unless the variable names the pass.

import { gradients, scan, type Tensor, tensor, variable } from 'treadle';
import { describe, expect, test } from 'vitest';
import { passes, passesIn } from '../../packages/compiler/dist/inspect/debug.js';
import { showCode } from '../../packages/compiler/dist/inspect/show-code.js';
import { showGraph } from '../../packages/compiler/dist/inspect/show-graph.js';
import { showBuffers, showPhases } from '../../packages/compiler/dist/inspect/show-schedule.js';
import { showTable } from '../../packages/compiler/dist/inspect/show-table.js';
import type { SlotSpec } from '../../packages/compiler/dist/plan/slot-spec.js';
import { layOutTable } from '../../packages/compiler/dist/plan/table-layout.js';
import { draft } from '../../packages/compiler/dist/schedule/draft.js';
import { kernelsIn } from '../../packages/compiler/dist/schedule/phase.js';
import { run } from '../treadle/programs.ts';
import { captureOf, level, lines } from './plan-texts.ts';

const w = variable([
  [1, 2],
  [3, 4],
]);
const x = tensor([
  [1, 2],
  [3, 4],
  [5, 6],
]);

/** A training step, and a loop with another one in it. */
function step(given: Tensor): Tensor {
  const loss = given.matmul(w).relu().sum();
  w.assignSub((gradients(loss, [w])[0] ?? w).mul(0.1));
  return loss;
}
function nested(given: Tensor): Tensor {
  const inner = (from: Tensor) => scan((c, i: Tensor) => [c.add(i), c.tanh()], from, tensor([1, 2, 3]));
  return scan((c, row: Tensor) => [inner(c.mul(row))[0], inner(c)[1]], tensor([0, 0]), given)[1];
}

describe('TREADLE_DEBUG', () => {
  test('is a list of passes', () => {
    expect([...passesIn(undefined)]).toEqual([]);
    expect([...passesIn('')]).toEqual([]);
    expect([...passesIn('fuse, graph')]).toEqual(['fuse', 'graph']);
    expect([...passesIn('all')]).toEqual([...passes]);
  });

  test('must not name anything else', () => {
    expect(() => passesIn('fuse,plans')).toThrow(
      new RangeError(
        "TREADLE_DEBUG: must list passes of the compiler, separated by commas; got 'plans'; known are graph, fuse, schedule, plan, " +
          'wasm, and all',
      ),
    );
  });

  test('prints the named passes to stderr, and nothing without it', { timeout: 60_000 }, async () => {
    const program = "import { tensor } from 'treadle'; console.log(tensor([1, 2]).add(1).mul(2).sum().data()[0]);";
    const printed = async (list: string) => {
      const settings = list === '' ? '' : `process.env.TREADLE_DEBUG = '${list}';`; // read when first needed
      const ending = await run(process.execPath, ['--input-type=module', '--eval', `${settings} ${program}`]);
      expect([ending.code, ending.stdout]).toEqual([0, '10\n']);
      return new Set([...ending.stderr.matchAll(/^── (\w+): /gm)].map(([, pass]) => pass));
    };
    expect(await printed('')).toEqual(new Set());
    expect(await printed('fuse')).toEqual(new Set(['fuse']));
    expect(await printed('all')).toEqual(new Set(passes));
  });
});

test('the text of a graph has a line for each node, and for each root', () => {
  const f = (given: Tensor) => {
    w.assign(w.mul(0.5));
    return given.matmul(w).relu().sum(0);
  };
  expect(showGraph(captureOf(f, x)).split('\n')).toEqual(
    lines(`
      arg0  float32 [3, 2]
      v0  float32 [2, 2]
      0.5  float32 []
      %3 = mul(v0, 0.5)  float32 [2, 2]
      %4 = matmul(arg0, %3)  float32 [3, 2]
      %5 = relu(%4)  float32 [3, 2]
      %6 = transpose 1,0(%5)  float32 [2, 3]
      %7 = sum(%6)  float32 [2]
      return %7
      assign v0 ← %3
    `),
  );
});

test('the text of a phase table, which is read from its words, has the kernels and loops of the schedule', () => {
  for (const [name, f] of Object.entries({ step, nested })) {
    const { phases } = draft(captureOf(f, x), level);
    const { words } = layOutTable(phases, () => 7, false);
    const names = kernelsIn(phases).map((kernel) => kernel.name);
    const tabled = showTable(words, names)
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(': ')[0] ?? '');
    const loops = showPhases(phases).match(/scan \d+: /g) ?? [];
    expect(
      tabled.filter((line) => /^\d+ \D/.test(line)),
      name,
    ).toEqual(names.map((kernel, i) => `${i} ${kernel}`));
    expect(tabled.filter((line) => line.startsWith('loop')).length, name).toBe(loops.length);
  }
});

test('the text of buffers says for each slot what it stands for, and where it lies in the block', () => {
  const slots: readonly SlotSpec[] = [
    { kind: 'source', source: 3, dtype: 'float32' },
    { kind: 'intermediate', bytes: 400 },
    { kind: 'shifted', of: 1, by: (rows) => 4 * rows },
  ];
  const block = { offsets: [[1, 64]], lifetimes: [{ bytes: 400, first: 0, last: 2 }], bytes: 512 } as const;
  expect(showBuffers(slots, block, new Map([[1, ['%4', '%7']]])).split('\n')).toEqual([
    's0  source 3',
    's1  intermediate %4 %7 at 64, 400 bytes, phases 1–3',
    's2  shifted from s1',
    '512 bytes',
  ]);
});

test('the text of code has a line for each function', () => {
  const kernels = [
    { name: 'add 3', key: 'lanes add', bytes: 120, isKept: false },
    { name: 'sum 3', key: 'sum over 1', bytes: 240, isKept: true },
  ];
  expect(showCode(kernels).split('\n')).toEqual([
    '0 add 3: 120 bytes; lanes add',
    '1 sum 3: 240 bytes, kept; sum over 1',
  ]);
});
