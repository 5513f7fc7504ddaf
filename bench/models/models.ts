// Models as people build them: how long their first step takes, how long later ones, and how much memory. Each is measured in
// processes of its own, one a round. With a Python that has PyTorch, PyTorch takes its turns with the same models, weights and
// data, and before anything is timed the losses of the first steps must agree.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { threads } from 'treadle';
import { type Rounds, timing } from '../measure.ts';
import { printTable, type TableRow } from '../table.ts';
import { milliseconds, percent, type Row } from '../work.ts';
import { networks } from './networks.ts';
import { planSizes } from './plan-size.ts';
import { type Asked, laterSteps, type Report, type TorchVariant } from './report.ts';

export interface ModelsOptions extends Rounds {
  /** only rows whose names contain this */
  readonly only?: string | undefined;
  /** also rows that take minutes or gigabytes */
  readonly long?: boolean | undefined;
  /** a Python that has PyTorch */
  readonly torch?: string | undefined;
}

/** A model, and the program that measures it. */
interface Measured {
  readonly name: string;
  readonly program: string;
  readonly variants: readonly TorchVariant[];
}

/** One way of computing a model, and what its processes printed. */
interface Way {
  readonly by: string;
  readonly measure: () => Report;
  readonly reports: Report[];
}

export function modelsBench({ rounds, only = '', long = false, torch }: ModelsOptions): Row[] {
  const models: readonly Measured[] = [
    ...networks
      .filter(({ isLong = false }) => long || !isLong)
      .map(({ name, variants = [] }) => ({ name, variants, program: 'measure-network.ts' })),
    { name: 'digits, first fit, from import on', variants: [], program: 'measure-digits.ts' },
  ];
  const measured = models.filter(({ name }) => name.includes(only)).map((model) => measure(model, rounds, torch));
  printTable(
    `models: first and later steps on ${threads()} threads, medians over processes; MB: the most that was resident`,
    measured.flatMap(({ name, ways }) => textOf(name, ways)),
  );
  return [...measured.flatMap(({ name, ways }) => ways.flatMap((way) => rowsOf(name, way))), ...planSizes()];
}

function measure(model: Measured, rounds: number, python: string | undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'treadle-models-'));
  try {
    const ways = waysOf(model, folder, python);
    for (let round = 0; round < rounds; round++) for (const way of ways) way.reports.push(way.measure());
    console.log(`${model.name} …`);
    return { name: model.name, ways };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Treadle's, and PyTorch's once its losses are found to be the same. */
function waysOf({ name, program, variants }: Measured, folder: string, python: string | undefined): Way[] {
  const ours = (asked: Asked): Report => report(process.execPath, [path(program), JSON.stringify(asked)]);
  const treadle: Way = { by: 'treadle', measure: () => ours({ name }), reports: [] };
  if (python === undefined) return [treadle];
  const { losses } = ours({ name, folder });
  const torches = [undefined, ...variants].map((variant): Way => {
    const args = [path('pytorch.py'), folder, `${threads()}`, `${laterSteps}`, ...(variant ? [variant] : [])];
    const by = `pytorch${variant ? `, ${variant}` : ''}`;
    return { by, measure: () => report(python, args), reports: [] };
  });
  for (const { by, measure } of torches) checkLosses(`${name}: ${by}`, losses, measure().losses);
  return [treadle, ...torches];
}

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

function report(command: string, args: readonly string[]): Report {
  const text = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const result: Report = JSON.parse(text.trim().slice(text.trim().lastIndexOf('\n') + 1));
  const [before = 0, after = 0] = [result.losses[0], result.losses.at(-1)];
  if (!(after < before)) throw new Error(`models: the loss does not fall: ${result.losses}; ${args.join(' ')}`);
  return result;
}

/**
 * The losses of as many steps are compared, within a share of the first, which is that of equal weights. Both compute in
 * float32 and add up in different orders, and Adam makes moves of equal size of gradients that are but rounding: so two
 * trainings drift apart by what such moves change, however small the loss has become.
 */
const compared = 5;
const tolerance = 1e-3;

function checkLosses(name: string, losses: readonly number[], others: readonly number[]): void {
  const pairs = losses.slice(0, compared).map((loss, i) => [loss, others[i] ?? Number.NaN] as const);
  const wrong = pairs.findIndex(([loss, other]) => !(Math.abs(loss - other) <= tolerance * Math.abs(losses[0] ?? 0)));
  if (wrong >= 0)
    throw new Error(`${name}: loss ${wrong + 1} is ${pairs[wrong]?.[1]}, Treadle's is ${pairs[wrong]?.[0]}`);
}

const kept = { first: 'first step', firstCpu: 'first step, CPU', median: 'later step', megabytes: 'memory' } as const;

function rowsOf(name: string, { by, reports }: Way): Row[] {
  const row = (figure: keyof typeof kept, unit?: 'MB'): Row => ({
    suite: 'models',
    name: `${name}: ${kept[figure]}, ${by}`,
    threads: threads(),
    flops: 0,
    bytes: 0,
    ...timing(reports.map((report) => report[figure])),
    ...(unit && { unit }),
  });
  return [row('first'), row('firstCpu'), row('median'), row('megabytes', 'MB')];
}

/** A model as many ways as it was computed. `best` and `median` are those of later steps. */
function textOf(name: string, ways: readonly Way[]): TableRow[] {
  const middle = ({ reports }: Way, figure: 'first' | 'firstCpu' | 'best' | 'median' | 'megabytes') =>
    timing(reports.map((r) => r[figure]));
  const [treadle] = ways;
  return ways.map((way): TableRow => {
    const best = middle(way, 'best').ms;
    return {
      model: way === treadle ? name : '',
      by: way.by,
      'first, ms': milliseconds(middle(way, 'first').ms),
      spread: percent(middle(way, 'first').spread),
      CPU: milliseconds(middle(way, 'firstCpu').ms),
      'later, best': milliseconds(best),
      median: milliseconds(middle(way, 'median').ms),
      '× ours': way === treadle || !treadle ? '' : (best / middle(treadle, 'best').ms).toFixed(2),
      MB: middle(way, 'megabytes').ms.toFixed(0),
    };
  });
}
