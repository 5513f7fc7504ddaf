// The time from the start of a process to its first result, beside a process that does nothing.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Rounds, timing } from './measure.ts';
import { printTable } from './table.ts';
import { milliseconds, percent, type Row } from './work.ts';

const first = `const { ones } = await import('treadle');
const sum = ones([64, 64]).matmul(ones([64, 64])).sum().item();
if (sum !== 64 ** 3) throw new Error('wrong: ' + sum);`;

const step = `const t = await import('treadle');
const model = t.sequential([t.dense(128, { activation: 'relu', inputShape: [784] }), t.dense(10)]);
model.compile({ optimizer: t.adam(1e-3), loss: t.sparseCategoricalCrossentropy({ fromLogits: true }) });
const { history } = await model.fit(t.ones([32, 784]), t.tensor(new Int32Array(32)), { verbose: 0 });
if (!(Math.abs(history.loss[0]) < 10)) throw new Error('wrong: ' + history.loss);`;

const programs: Readonly<Record<string, string>> = {
  'Node alone': '',
  'import treadle': "await import('treadle');",
  'a first product': first,
  'a first training step': step,
};

export function startUpBench({ rounds }: Rounds): Row[] {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const times = new Map(Object.keys(programs).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, program] of Object.entries(programs)) {
      const start = performance.now();
      execFileSync(process.execPath, ['--input-type=module', '-e', program], {
        cwd,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      if (round > 0) times.get(name)?.push(performance.now() - start); // the first round fills the caches of the machine
    }
  }
  const rows = [...times].map(([name, list]): Row => {
    return { suite: 'start-up', name, threads: 1, flops: 0, bytes: 0, ...timing(list) };
  });
  const bare = rows[0]?.ms ?? 0;
  printTable(
    'start-up: milliseconds from the start to the end of a process',
    rows.map(({ name, ms, spread }) => ({
      program: name,
      ms: milliseconds(ms),
      spread: percent(spread),
      'minus Node alone': milliseconds(ms - bare),
    })),
  );
  return rows;
}
