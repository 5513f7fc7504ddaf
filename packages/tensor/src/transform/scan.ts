// scan(f, init, xs): a loop over the leading axis of tensors, whose body is compiled once and runs for each step inside a plan.

import {
  checkFunction,
  DtypeError,
  loop,
  type Node,
  type OptionKinds,
  readOptions,
  ShapeError,
  show,
  showShape,
} from '@treadle/graph';
import { tensorsIn, withTensors } from '../map-tensors.ts';
import { Tensor } from '../tensor.ts';

export interface ScanOptions {
  /** how many steps; by default the leading extent of the tensors of `xs`, and only needed where there are none */
  readonly length?: number | undefined;
  /** whether steps are taken from the last element of `xs` to the first; element i of `ys` still belongs to element i of `xs` */
  readonly reverse?: boolean | undefined;
  /**
   * how many steps a gradient computes a second time at a stretch, from the carry at their begin, instead of keeping what
   * they made: about √steps takes the least memory, for one more computation of the steps; by default everything is kept
   */
  readonly recompute?: number | undefined;
}

const scanOptions: OptionKinds<ScanOptions> = { length: 'number', reverse: 'boolean', recompute: 'number' };

/**
 * The loop that is in plain TypeScript
 *
 *     let carry = init;
 *     for (const x of xs) [carry, ys[i++]] = f(carry, x);
 *
 * as one op: f is called once, to see what a step computes, which is compiled once and runs for every step inside a plan. Results
 * are [the last carry, ys]. `init` and `xs` are tensors, or arrays and plain objects of tensors; each step has the same
 * structure of slices along the leading axis of `xs`, and what f gives beside the carry is put together along a leading axis,
 * in `ys`. Without tensors in `xs`, `length` says how many steps there are. What f uses from its surroundings (weights, for
 * one) is the same at all steps, and has a gradient.
 *
 * A carry keeps its structure, shapes and dtypes (ShapeError, DtypeError otherwise). f may contain loops of its own and take
 * gradients. It must not assign variables nor draw random numbers (Error): draw them for all steps and pass them in `xs`. Same
 * bits as the loop in plain TypeScript; gradients of what all steps use are sums over the steps in another order.
 *
 * Scans (JAX's `lax.scan`): https://docs.jax.dev/en/latest/_autosummary/jax.lax.scan.html
 */
export function scan<C, X, Y>(
  f: (carry: C, x: X) => readonly [carry: C, y: Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: C, ys: Y] {
  checkFunction('scan: f', f);
  const { length, reverse = false, recompute } = readOptions('scan', options, scanOptions);
  const inits = nodesIn(init);
  const stacks = nodesIn(xs);
  let y: Y | undefined;
  const step = (carries: readonly Node[], slices: readonly Node[]) => {
    const result = f(withNodes(init, carries), withNodes(xs, slices));
    checkPair(result);
    y = result[1];
    return { carries: checkCarries(inits, nodesIn(result[0])), ys: nodesIn(y) };
  };
  if (recompute !== undefined && !(Number.isSafeInteger(recompute) && recompute > 0)) {
    throw new RangeError(`scan: recompute must be a whole number of steps, 1 or more; got ${show(recompute)}`);
  }
  const steps = { length: lengthOf(stacks, length), isReversed: reverse, ...(recompute && { stretch: recompute }) };
  const { carries, ys } = loop(step, inits, stacks, steps);
  return [withNodes(init, carries), withNodes(y as Y, ys)]; // the step was called, so there is a y
}

function checkPair(result: unknown): void {
  if (!Array.isArray(result) || result.length !== 2) {
    throw new TypeError(`scan: f must give [carry, y]; got ${show(result)}`);
  }
}

function lengthOf(stacks: readonly Node[], length: number | undefined): number {
  const scalar = stacks.find(({ shape }) => shape.length === 0);
  if (scalar) throw new ShapeError('scan: tensors of xs must have an axis to go along; got one of shape []');
  const lengths = [
    ...new Set([...stacks.map(({ shape }) => shape[0] ?? 0), ...(length === undefined ? [] : [length])]),
  ];
  const [steps] = lengths;
  if (steps === undefined) {
    throw new ShapeError('scan: it must be known how many steps there are; got no tensors in xs; say { length }');
  }
  if (lengths.length > 1) {
    throw new ShapeError(
      `scan: all tensors of xs must be as long as each other${length === undefined ? '' : ', and as length says'}; got ` +
        lengths.join(', '),
    );
  }
  if (Number.isSafeInteger(steps) && steps >= 0) return steps;
  throw new RangeError(`scan: length must be a whole number, 0 or more; got ${show(steps)}`);
}

function checkCarries(inits: readonly Node[], carries: readonly Node[]): readonly Node[] {
  if (carries.length !== inits.length) {
    throw new ShapeError(
      `scan: a carry keeps its structure; got ${carries.length} tensors after a step, ${inits.length} before it`,
    );
  }
  carries.forEach(({ shape, dtype }, i) => {
    const init = inits[i];
    if (!init) return;
    if (showShape(init.shape) !== showShape(shape)) {
      throw new ShapeError(`scan: a carry keeps its shape; got ${showShape(init.shape)} → ${showShape(shape)}`);
    }
    if (init.dtype !== dtype) throw new DtypeError(`scan: a carry keeps its dtype; got ${init.dtype} → ${dtype}`);
  });
  return carries;
}

function nodesIn(x: unknown): readonly Node[] {
  return tensorsIn('scan', x, 'results').map(({ node }) => node);
}

function withNodes<T>(x: T, nodes: readonly Node[]): T {
  const tensors = nodes.map((node) => new Tensor(node));
  return withTensors('scan', x, 'results', tensors);
}
