// checkpoint(f): memory for time.

import { checkFunction, checkpoint as checkpointNodes, show } from '@treadle/graph';
import { tensorsIn, withTensors } from '../map-tensors.ts';
import { Tensor } from '../tensor.ts';

/**
 * A function that gives what f gives, and whose gradient computes f a second time instead of keeping what was computed on the
 * way: a training step then holds the arguments of f, and the values within one such function at a time. f takes tensors
 * anywhere in its arguments, may use variables, and must give one tensor (TypeError otherwise). Of a deep network in parts of
 * about √depth layers, memory is that of some 2·√depth layers, for one more computation of the forward pass. The same bits as
 * without it, but where three or more gradients of one value are summed in another order.
 */
export function checkpoint<A extends readonly unknown[]>(f: (...args: A) => Tensor): (...args: A) => Tensor {
  checkFunction('checkpoint: f', f);
  return (...args) => {
    const inputs = tensorsIn('checkpoint', args, 'inputs').map(({ node }) => node);
    const node = checkpointNodes(inputs, (copies) => {
      const tensors = copies.map((copy) => new Tensor(copy));
      const y: unknown = f(...withTensors('checkpoint', args, 'inputs', tensors));
      if (!(y instanceof Tensor)) throw new TypeError(`checkpoint: the function must give a tensor; got ${show(y)}`);
      return y.node;
    });
    return new Tensor(node);
  };
}
