// scan(f, init, xs): a loop over the leading axis of tensors. Its body is compiled once and runs for each step inside a plan.

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

/** Options of scan. */
export interface ScanOptions {
  /** number of steps; by default the leading extent of the tensors in `xs`. Needed where `xs` has no tensors. */
  readonly length?: number | undefined;
  /** whether steps go from the last element of `xs` to the first; element i of `ys` still belongs to element i of `xs` */
  readonly reverse?: boolean | undefined;
  /**
   * number of neighbouring steps that the gradient computes a second time, from the carry before them, instead of keeping their
   * intermediate values. About √steps takes the least memory, and computes each step twice. By default all values are kept.
   */
  readonly recompute?: number | undefined;
}

const scanOptions: OptionKinds<ScanOptions> = { length: 'number', reverse: 'boolean', recompute: 'number' };

/**
 * A loop over the leading axis of `xs` as one op. In plain TypeScript it is
 *
 *     let carry = init;
 *     for (const x of xs) [carry, ys[i++]] = f(carry, x);
 *
 * f is called once, to record what a step computes; that is compiled once and runs for every step inside a plan. The results are
 * [the last carry, ys]. `init` and `xs` are tensors, or arrays and plain objects of tensors. Each step gets the same structure as
 * `xs`, with slices along the leading axis; the y of each step is stacked along a leading axis in `ys`. Other tensors that f uses,
 * such as weights, are the same at all steps; they have gradients too.
 *
 * f may contain scans and take gradients. It must not assign variables nor draw random numbers: draw them for all steps beforehand
 * and pass them in `xs`. Results have the same bits as those of the loop in plain TypeScript; gradients with respect to what all
 * steps use are sums over the steps in another order. The name and the meaning are those of JAX's `lax.scan`:
 * https://docs.jax.dev/en/latest/_autosummary/jax.lax.scan.html
 *
 * @throws ShapeError for a carry that changes its structure or shapes, DtypeError for one that changes its dtypes, Error for an f
 * that assigns or draws.
 * @example
 * ```ts
 * import { scan, tensor } from 'treadle';
 * const [sum, sums] = scan((carry, x) => [carry.add(x), carry.add(x)], tensor(0), tensor([1, 2, 3]));
 * sum; // → 6
 * sums; // → [1, 3, 6]
 * ```
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
    throw new TypeError(`scan: f must return [carry, y]; got ${show(result)}`);
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
    throw new ShapeError('scan: the number of steps must be known; got no tensors in xs; give { length }');
  }
  if (lengths.length > 1) {
    throw new ShapeError(
      `scan: all tensors of xs must have the same leading extent${length === undefined ? '' : ', equal to length'}; got ` +
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
