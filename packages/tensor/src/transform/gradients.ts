// Gradients as users ask for them: of a function (`grad`, `valueAndGrad`), or of a value that was computed before (`gradients`).
// Gradients of gradients work.

import { computeAlong } from '@treadle/compiler';
import { argumentNode, checkArray, checkFunction, show, gradients as walkBack } from '@treadle/graph';
import { nodeOf, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';

/**
 * dy/dx for each x of `xs`, of x's shape; zeros where y does not depend on x. y is a single number.
 *
 * A value that was read keeps its history only if it was computed from a variable; results of compiled functions have no history.
 * Where a path from x to y may lead through a value without history, this is an Error rather than a gradient that is too small.
 *
 * @throws ShapeError where y is not a single number; DtypeError where it is not float32; Error where history is missing.
 * @example
 * ```ts
 * import { gradients, variable } from 'treadle';
 * const [w, b] = [variable(3), variable(1)];
 * const loss = w.mul(2).add(b).square();
 * const [dw, db] = gradients(loss, [w, b]);
 * dw; // → 28
 * db; // → 14
 * ```
 */
export function gradients<const X extends readonly Tensor[]>(y: Tensor, xs: X): { -readonly [I in keyof X]: Tensor };
export function gradients(y: Tensor, xs: readonly Tensor[]): Tensor[] {
  checkArray('gradients: xs', xs, xs instanceof Tensor ? '; gradients(y, [x]) gives [dy/dx]' : '');
  const found = walkBack(
    tensorOf('gradients: y', y).node,
    Array.from(xs, (x) => tensorOf('gradients: each of xs', x).node),
  );
  // Reading or assigning one of these computes all of them in one plan: they share the forward and the backward pass.
  computeAlong([y.node, ...found]);
  return found.map((node) => new Tensor(node));
}

/** The arguments at which gradients are computed: a tensor, or numbers, for each parameter of the function. */
export type GradientArguments<A extends readonly Tensor[]> = { [I in keyof A]: TensorLike };

/** The gradients: a tensor for a function of one parameter, an array in the order of the parameters for several. */
export type GradientsOf<A extends readonly Tensor[]> = A extends readonly [Tensor]
  ? Tensor
  : { [I in keyof A]: Tensor };

/**
 * The function that computes f's value, a single number, together with the gradient with respect to every argument.
 *
 * @throws TypeError for an f that is no function; when it is called, what `gradients` throws.
 * @example
 * ```ts
 * import { type Tensor, valueAndGrad } from 'treadle';
 * const [value, [dx, dy]] = valueAndGrad((x: Tensor, y: Tensor) => x.mul(y).sum())([1, 2], [3, 4]);
 * value; // → 11
 * dx; // → [3, 4]
 * dy; // → [1, 2]
 * ```
 */
export function valueAndGrad<A extends Tensor[]>(
  f: (...args: A) => Tensor,
): (...args: GradientArguments<A>) => [value: Tensor, gradients: GradientsOf<A>] {
  return differentiated('valueAndGrad', f);
}

/** valueAndGrad, which errors call `op`. */
function differentiated<A extends Tensor[]>(
  op: string,
  f: (...args: A) => Tensor,
): (...args: GradientArguments<A>) => [value: Tensor, gradients: GradientsOf<A>] {
  checkFunction(`${op}: f`, f);
  return (...args) => {
    const inputs = args.map((arg) => new Tensor(argumentNode(nodeOf(arg), true)));
    const y = tensorOf(`${op}: the result of f`, Reflect.apply(f, undefined, inputs));
    const nodes = walkBack(
      y.node,
      inputs.map(({ node }) => node),
    );
    computeAlong([y.node, ...nodes]);
    const found = nodes.map((node) => new Tensor(node));
    const result: unknown = found.length === 1 ? found[0] : found;
    return [y, result as GradientsOf<A>]; // the type follows from the number of arguments, which TypeScript cannot see here
  };
}

/**
 * The function that computes the gradient of f, whose value is a single number, with respect to every argument. Gradients compose:
 * grad of a grad is a second derivative.
 *
 * @throws TypeError for an f that is no function; when it is called, what `gradients` throws.
 * @example
 * ```ts
 * import { grad, type Tensor } from 'treadle';
 * const cube = (x: Tensor) => x.pow(3);
 * grad(cube)(2); // → 12
 * grad(grad(cube))(2); // → 12
 * ```
 */
export function grad<A extends Tensor[]>(f: (...args: A) => Tensor): (...args: GradientArguments<A>) => GradientsOf<A> {
  const both = differentiated('grad', f);
  return (...args) => both(...args)[1];
}

/** x itself. Throws TypeError for anything but a tensor. */
function tensorOf(what: string, x: unknown): Tensor {
  if (x instanceof Tensor) return x;
  throw new TypeError(`${what} must be a tensor; got ${show(x)}`);
}
