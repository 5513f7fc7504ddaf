// Gradients as users ask for them: of a function (`grad`, `valueAndGrad`), or of a value already written down (`gradients`).
// All of them compose.

import { computeAlong } from '@treadle/compiler';
import { argumentNode, checkArray, checkFunction, show, gradients as walkBack } from '@treadle/graph';
import { nodeOf, type TensorLike } from '../operand.ts';
import { Tensor } from '../tensor.ts';

/**
 * dy/dx for each x of `xs`; zeros where y does not depend on x. y must be a single number (ShapeError otherwise). The history
 * of a value that was read is kept where a variable is upstream, not elsewhere; results of compiled functions have none. An Error
 * where a path from x to y may have gone through what has none: nothing is 0 because a path was lost.
 */
export function gradients<const X extends readonly Tensor[]>(y: Tensor, xs: X): { -readonly [I in keyof X]: Tensor };
export function gradients(y: Tensor, xs: readonly Tensor[]): Tensor[] {
  checkArray('gradients: xs', xs, xs instanceof Tensor ? '; gradients(y, [x]) gives [dy/dx]' : '');
  const found = walkBack(
    tensorOf('gradients: y', y).node,
    Array.from(xs, (x) => tensorOf('gradients: each of xs', x).node),
  );
  // What is computed first of these, by an assignment say, computes all: they share the forward and the backward pass.
  computeAlong([y.node, ...found]);
  return found.map((node) => new Tensor(node));
}

/** What the gradients of a function are asked for: a tensor, or numbers, for each of its parameters. */
export type GradientArguments<A extends readonly Tensor[]> = { [I in keyof A]: TensorLike };

/** One tensor for a function of one, an array in the order of the parameters for a function of several. */
export type GradientsOf<A extends readonly Tensor[]> = A extends readonly [Tensor]
  ? Tensor
  : { [I in keyof A]: Tensor };

/** The function that gives a scalar function's value together with its gradient with respect to every argument. */
export function valueAndGrad<A extends Tensor[]>(
  f: (...args: A) => Tensor,
): (...args: GradientArguments<A>) => [value: Tensor, gradients: GradientsOf<A>] {
  return differentiated('valueAndGrad', f);
}

/** valueAndGrad for the function that is called `op`. */
function differentiated<A extends Tensor[]>(
  op: string,
  f: (...args: A) => Tensor,
): (...args: GradientArguments<A>) => [value: Tensor, gradients: GradientsOf<A>] {
  checkFunction(`${op}: f`, f);
  return (...args) => {
    const stands = args.map((arg) => new Tensor(argumentNode(nodeOf(arg), true)));
    const y = tensorOf(`${op}: what f gives`, Reflect.apply(f, undefined, stands));
    const nodes = walkBack(
      y.node,
      stands.map(({ node }) => node),
    );
    computeAlong([y.node, ...nodes]);
    const found = nodes.map((node) => new Tensor(node));
    const result: unknown = found.length === 1 ? found[0] : found;
    return [y, result as GradientsOf<A>]; // the type follows from the number of arguments, which TypeScript cannot see here
  };
}

/** The gradient of a scalar function with respect to every argument. */
export function grad<A extends Tensor[]>(f: (...args: A) => Tensor): (...args: GradientArguments<A>) => GradientsOf<A> {
  const both = differentiated('grad', f);
  return (...args) => both(...args)[1];
}

/** Throws TypeError for what is no tensor. */
function tensorOf(what: string, x: unknown): Tensor {
  if (x instanceof Tensor) return x;
  throw new TypeError(`${what} must be a tensor; got ${show(x)}`);
}
