// Whole models: the time of the first step, the time of later steps, and memory. Each round measures each model in a
// new process. With a Python that has PyTorch, PyTorch is measured in the same rounds, on the same models, weights
// and data; the losses of the first steps must agree before anything is timed.

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
  /** measure only rows whose names contain this */
  readonly only?: string | undefined;
  /** include rows that take minutes or gigabytes */
  readonly long?: boolean | undefined;
  /** a Python that has PyTorch */
  readonly torch?: string | undefined;
}

/** A model and the program that measures it. */
interface Measured {
  readonly name: string;
  readonly program: string;
  readonly variants: readonly TorchVariant[];
}

/** An implementation of a model, and what its processes printed. */
interface Implementation {
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
    `models: first and later steps on ${threads()} threads, medians over processes; MB: peak resident memory`,
    measured.flatMap(({ name, implementations }) => textOf(name, implementations)),
  );
  return [
    ...measured.flatMap(({ name, implementations }) =>
      implementations.flatMap((implementation) => rowsOf(name, implementation)),
    ),
    ...planSizes(),
  ];
}

function measure(model: Measured, rounds: number, python: string | undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'treadle-models-'));
  try {
    const implementations = implementationsOf(model, folder, python);
    for (let round = 0; round < rounds; round++)
      for (const implementation of implementations) implementation.reports.push(implementation.measure());
    console.log(`${model.name} …`);
    return { name: model.name, implementations };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Treadle and, if asked for, PyTorch, whose losses must be the same. */
function implementationsOf(
  { name, program, variants }: Measured,
  folder: string,
  python: string | undefined,
): Implementation[] {
  const ours = (asked: Asked): Report => report(process.execPath, [path(program), JSON.stringify(asked)]);
  const treadle: Implementation = { by: 'treadle', measure: () => ours({ name }), reports: [] };
  if (python === undefined) return [treadle];
  const { losses } = ours({ name, folder });
  const torches = [undefined, ...variants].map((variant): Implementation => {
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
 * The losses of this many steps are compared. The tolerance is relative to the first loss, which both compute from
 * equal weights. Later losses drift apart: both libraries compute in float32 and add in different orders, and Adam
 * makes a step of full size even for a gradient that is only rounding error.
 */
const compared = 5;
const tolerance = 1e-3;

function checkLosses(name: string, losses: readonly number[], others: readonly number[]): void {
  const pairs = losses.slice(0, compared).map((loss, i) => [loss, others[i] ?? Number.NaN] as const);
  const wrong = pairs.findIndex(([loss, other]) => !(Math.abs(loss - other) <= tolerance * Math.abs(losses[0] ?? 0)));
  if (wrong >= 0)
    throw new Error(`${name}: loss ${wrong + 1} is ${pairs[wrong]?.[1]}, Treadle's is ${pairs[wrong]?.[0]}`);
}

const saved = { first: 'first step', firstCpu: 'first step, CPU', median: 'later step', megabytes: 'memory' } as const;

function rowsOf(name: string, { by, reports }: Implementation): Row[] {
  const row = (figure: keyof typeof saved, unit?: 'MB'): Row => ({
    suite: 'models',
    name: `${name}: ${saved[figure]}, ${by}`,
    threads: threads(),
    flops: 0,
    bytes: 0,
    ...timing(reports.map((report) => report[figure])),
    ...(unit && { unit }),
  });
  return [row('first'), row('firstCpu'), row('median'), row('megabytes', 'MB')];
}

/** The rows of a model, one for each implementation. `best` and `median` are those of later steps. */
function textOf(name: string, implementations: readonly Implementation[]): TableRow[] {
  const middle = ({ reports }: Implementation, figure: 'first' | 'firstCpu' | 'best' | 'median' | 'megabytes') =>
    timing(reports.map((r) => r[figure]));
  const [treadle] = implementations;
  return implementations.map((way): TableRow => {
    const best = middle(way, 'best').ms;
    return {
      model: way === treadle ? name : '',
      by: way.by,
      'first step, ms': milliseconds(middle(way, 'first').ms),
      spread: percent(middle(way, 'first').spread),
      CPU: milliseconds(middle(way, 'firstCpu').ms),
      'later steps, best': milliseconds(best),
      median: milliseconds(middle(way, 'median').ms),
      '× ours': way === treadle || !treadle ? '' : (best / middle(treadle, 'best').ms).toFixed(2),
      MB: middle(way, 'megabytes').ms.toFixed(0),
    };
  });
}
