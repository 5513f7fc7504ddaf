// checkpoint(f): a gradient that recomputes instead of keeping values, which takes less memory and more time.

import { checkFunction, checkpoint as checkpointNodes, show } from '@treadle/graph';
import { tensorsIn, withTensors } from '../map-tensors.ts';
import { Tensor } from '../tensor.ts';

/**
 * f, with a gradient that computes f a second time instead of keeping the intermediate values of f. A training step then holds the
 * arguments of all such functions, and the intermediate values of one of them at a time. A network of n layers, in n / √n functions
 * of √n layers each, needs memory for about 2·√n layers, and computes the forward pass twice.
 *
 * f takes tensors anywhere in its arguments, may use variables, and must return one tensor. Results have the same bits as those of
 * f; so have gradients, except that three or more gradients of one value may be added in another order.
 *
 * @throws TypeError, when it is called, for an f that does not return a tensor.
 * @example
 * ```ts
 * import { checkpoint, grad, type Tensor } from 'treadle';
 * const f = checkpoint((x: Tensor) => x.square().add(1).square());
 * grad((x) => f(x))(2); // → 40
 * ```
 */
export function checkpoint<A extends readonly unknown[]>(f: (...args: A) => Tensor): (...args: A) => Tensor {
  checkFunction('checkpoint: f', f);
  return (...args) => {
    const inputs = tensorsIn('checkpoint', args, 'inputs').map(({ node }) => node);
    const node = checkpointNodes(inputs, (copies) => {
      const tensors = copies.map((copy) => new Tensor(copy));
      const y: unknown = f(...withTensors('checkpoint', args, 'inputs', tensors));
      if (!(y instanceof Tensor)) throw new TypeError(`checkpoint: the function must return a tensor; got ${show(y)}`);
      return y.node;
    });
    return new Tensor(node);
  };
}
