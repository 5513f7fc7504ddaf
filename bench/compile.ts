// The time from a function to its plan, for graphs of 1,000 to 100,000 nodes. It should grow in proportion to the
// number of nodes. The suite `models` measures the first step of whole models.

import { captureCall, explainPlan, type Recorded } from '@treadle/compiler';
import { Tensor } from '@treadle/tensor';
import { dense, gradients, sequential, type Variable, variable, zeros } from 'treadle';
import { type Rounds, timing } from './measure.ts';
import { printTable } from './table.ts';
import { milliseconds, percent, type Row } from './work.ts';

/** Makes a function of one tensor from `units` parts of equal structure. `shape` is the shape of the tensor. */
interface Shape {
  readonly name: string;
  readonly make: (units: number) => { readonly shape: readonly number[]; readonly f: (x: Tensor) => readonly Tensor[] };
}

/** A training step: the mean of the squares of f is the loss, and each variable moves along its gradient. */
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
    name: 'a recurrence written out, trained',
    make: (units) => {
      const [w, v] = [variable(zeros([4, 16])), variable(zeros([2, 16]))];
      const cell = (h: Tensor, x: Tensor): Tensor => {
        const [forget, update, candidate, output] = h.matmul(w).add(x.matmul(v)).split(4, 1);
        if (!forget || !update || !candidate || !output) throw new Error('internal: split must give four parts');
        return h.mul(forget.sigmoid()).add(candidate.tanh().mul(update.sigmoid())).tanh().mul(output.sigmoid());
      };
      const f = (x: Tensor): Tensor => {
        const steps = x.split(units).map((slice) => slice.squeeze(0));
        return steps.reduce<Tensor>(cell, zeros([4, 4]));
      };
      return { shape: [units, 4, 2], f: trained(f, [w, v]) };
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

/** A function that plans the graph of a shape, and the number of nodes in this graph. */
function recorded({ make }: Shape, units: number): { readonly run: () => void; readonly nodes: number } {
  const { shape, f } = make(units);
  const types = [{ shape, dtype: 'float32' } as const];
  const onNodes: Recorded = ([x]) => (x ? f(new Tensor(x)).map(({ node }) => node) : []);
  const { nodes } = captureCall(types, onNodes);
  return { run: () => explainPlan(types, onNodes), nodes: nodes.length };
}

/** The number of units that gives a graph of about `nodes` nodes. */
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
    'compile: time from a function to its plan, including the bytes of its code',
    rows.map(({ name, ms, spread, nodes }) => ({
      graph: name,
      nodes: `${nodes}`,
      ms: milliseconds(ms),
      spread: percent(spread),
      'µs per node': ((1000 * ms) / nodes).toFixed(1),
    })),
  );
  return rows;
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}
