// Masks: which steps of a sequence are valid. A mask travels beside its tensor from layer to layer, through the layers that define
// `outputMask`.

import { ShapeError, type Tensor } from '@treadle/tensor';

/** bool [batch, steps], true where a step is valid; undefined if all steps are. */
export type Mask = Tensor | undefined;

/** A mask [batch, steps] as [batch, steps, 1, …], which broadcasts along x [batch, steps, …]. Throws ShapeError for another size. */
export function maskAlong(kind: string, mask: Tensor, x: Tensor): Tensor {
  if (mask.rank < x.rank && mask.shape.every((extent, i) => extent === x.shape[i])) {
    return mask.reshape([...mask.shape, ...x.shape.slice(mask.rank).map(() => 1)]);
  }
  const got = `got [${mask.shape.join(', ')}] for [${x.shape.join(', ')}]`;
  throw new ShapeError(`${kind}: a mask must have the first axes of its input; ${got}`);
}

/** The `outputMask` of a layer that keeps the steps of its first input. */
export function keepMask(_: readonly Tensor[], [mask]: readonly Mask[]): Mask {
  return mask;
}

/** The `outputMask` of a layer that combines its inputs: a step is valid where it is valid in every input that has a mask. */
export function intersectMasks(_: readonly Tensor[], masks: readonly Mask[]): Mask {
  return masks.reduce((all, mask) => (all && mask ? all.logicalAnd(mask) : (all ?? mask)), undefined);
}
