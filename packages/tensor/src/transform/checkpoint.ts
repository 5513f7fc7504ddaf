// checkpoint(f): memory for time.

import { checkFunction, checkpoint as checkpointNodes, type Node, show } from '@treadle/graph';
import { mapTensors } from '../compile/map-tensors.ts';
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
    const inputs: Node[] = [];
    const collect = (t: Tensor): Tensor => {
      inputs.push(t.node);
      return t;
    };
    mapTensors('checkpoint', args, collect, false);
    const node = checkpointNodes(inputs, (stands) => {
      let next = 0;
      const replaced = mapTensors('checkpoint', args, (t) => new Tensor(stands[next++] ?? t.node), false);
      const y: unknown = f(...(replaced as A)); // the same structure, a tensor for a tensor
      if (!(y instanceof Tensor)) throw new TypeError(`checkpoint: the function must give a tensor; got ${show(y)}`);
      return y.node;
    });
    return new Tensor(node);
  };
}
