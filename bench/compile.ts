// What it takes from a function to its first result. First the passes from graph to plan alone, over graphs of 1,000 to 100,000
// nodes, which should take a time that grows with their number; then first steps of whole models, each in a process of its own.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { captureCall, explainPlan, type Recorded } from '@treadle/compiler';
import { Tensor } from '@treadle/tensor';
import { dense, gradients, lstm, sequential, type Variable, variable, zeros } from 'treadle';
import { firstSteps } from './first-step.ts';
import { type Rounds, timing } from './measure.ts';
import { printTable } from './table.ts';
import { milliseconds, percent, type Row } from './work.ts';

/** A function of one tensor, in `units` parts of equal structure, and the shape of the tensor. */
interface Shape {
  readonly name: string;
  readonly make: (units: number) => { readonly shape: readonly number[]; readonly f: (x: Tensor) => readonly Tensor[] };
}

/** The gradients of the sum of a function's result, and what sgd makes of the variables. */
function trained(f: (x: Tensor) => Tensor, variables: readonly Variable[]): (x: Tensor) => readonly Tensor[] {
  return (x) => {
    const loss = f(x).square().mean();
    gradients(loss, variables).forEach((gradient, i) => {
      variables[i]?.assignSub(gradient.mul(0.01));
    });
    return [loss];
  };
}

const shapes: readonly Shape[] = [
  {
    name: 'a chain of dense layers, trained',
    make: (units) => {
      const model = sequential(Array.from({ length: units }, () => dense(8, { activation: 'relu' })));
      model.build([8]);
      return { shape: [4, 8], f: trained((x) => model.call(x), model.trainableVariables) };
    },
  },
  {
    name: 'an LSTM step by step, trained',
    make: (units) => {
      const model = sequential([lstm(4), dense(1)]);
      model.build([units, 2]);
      return { shape: [4, units, 2], f: trained((x) => model.call(x), model.trainableVariables) };
    },
  },
  {
    name: 'many small branches, added up',
    make: (units) => {
      const weights = Array.from({ length: units }, () => variable(zeros([8])));
      const f = (x: Tensor): Tensor => weights.reduce<Tensor>((sum, w) => sum.add(x.mul(w).tanh().sum(1)), zeros([4]));
      return { shape: [4, 8], f: trained(f, weights) };
    },
  },
];

const sizes = [1_000, 10_000, 50_000, 100_000];

/** A function on nodes, and the number of nodes that it captures. */
function recorded({ make }: Shape, units: number): { readonly run: () => void; readonly nodes: number } {
  const { shape, f } = make(units);
  const types = [{ shape, dtype: 'float32' } as const];
  const onNodes: Recorded = ([x]) => (x ? f(new Tensor(x)).map(({ node }) => node) : []);
  const { nodes } = captureCall(types, onNodes);
  return { run: () => explainPlan(types, onNodes), nodes: nodes.length };
}

/** How many units make a graph of about so many nodes. */
function unitsFor(shape: Shape, nodes: number): number {
  const [few, more] = [recorded(shape, 4).nodes, recorded(shape, 8).nodes];
  return Math.max(1, Math.round(4 + (4 * (nodes - few)) / (more - few)));
}

export function compileBench({ rounds }: Rounds): Row[] {
  const rows = shapes.flatMap((shape) =>
    sizes.map((size): Row & { readonly nodes: number } => {
      const { run, nodes } = recorded(shape, unitsFor(shape, size));
      const times = Array.from({ length: size > 10_000 ? 1 : rounds }, () => timed(run));
      const name = `${shape.name}, ${size} nodes`;
      return { suite: 'compile', name, threads: 1, flops: 0, bytes: 0, ...timing(times), nodes };
    }),
  );
  printTable(
    'compile: from a function to the plan of its graph, and to the code of its kernels as bytes',
    rows.map(({ name, ms, spread, nodes }) => ({
      graph: name,
      nodes: `${nodes}`,
      ms: milliseconds(ms),
      spread: percent(spread),
      'µs a node': ((1000 * ms) / nodes).toFixed(1),
    })),
  );
  return [...rows, ...firstStepRows()];
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** What a process that makes one first step prints. */
interface Measured {
  readonly first: number;
  readonly best: number;
  readonly median: number;
  readonly megabytes: number;
}

function firstStepRows(): Row[] {
  const script = fileURLToPath(new URL('first-step.ts', import.meta.url));
  const measured = Object.keys(firstSteps).map((name) => {
    const text = execFileSync(process.execPath, [script, name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return { name, ...(JSON.parse(text) as Measured) };
  });
  printTable(
    'compile: first steps, from the call of a compiled training step to its loss',
    measured.map(({ name, first, best, median, megabytes }) => ({
      model: name,
      'first, ms': milliseconds(first),
      'later, best': milliseconds(best),
      median: milliseconds(median),
      'resident, MB': megabytes.toFixed(0),
    })),
  );
  return measured.map(({ name, first }): Row => {
    return { suite: 'compile', name: `first step: ${name}`, threads: 1, flops: 0, bytes: 0, ms: first, spread: 0 };
  });
}
