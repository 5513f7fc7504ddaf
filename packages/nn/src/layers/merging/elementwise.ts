// Layers that combine inputs of one shape element by element, which all have the same parts.

import { type Shape, ShapeError, type Tensor } from '@treadle/tensor';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { intersectMasks } from '../../layer/mask.ts';

interface Elementwise {
  readonly kind: string;
  /** what computes with tensors at once */
  readonly instead: string;
  /** the number of inputs; one or more by default */
  readonly count?: number;
  combine(a: Tensor, b: Tensor): Tensor;
  /** what follows the combination of all inputs; nothing by default */
  finish?(combined: Tensor, count: number): Tensor;
}

/** The layer; inputs [batch, …] of one shape, in which extents of 1 are stretched, → [batch, …]. */
export function elementwise({ kind, instead, count, combine, finish }: Elementwise): LayerKind<[], LayerOptions> {
  const counted = <T>(inputs: readonly T[]): readonly T[] => {
    if (inputs.length > 0 && inputs.length === (count ?? inputs.length)) return inputs;
    throw new RangeError(`${kind}: there must be ${count ?? 'one or more'} inputs; got ${inputs.length}`);
  };
  return defineLayer({ kind, arguments: [], options: layerTypes, instead }, () => ({
    needs: () => [],
    buildAll: (shapes) => [counted(shapes).reduce((a, b) => broadcast(kind, a, b))],
    callAll: (xs) => {
      const combined = counted(xs).reduce(combine);
      return [finish ? finish(combined, xs.length) : combined];
    },
    outputMask: intersectMasks,
  }));
}

function broadcast(kind: string, a: Shape, b: Shape): Shape {
  const fits = a.length === b.length && a.every((extent, i) => extent === b[i] || extent === 1 || b[i] === 1);
  if (fits) return a.map((extent, i) => (extent === 1 ? (b[i] ?? 1) : extent));
  const got = `got [${a.join(', ')}] and [${b.join(', ')}]`;
  throw new ShapeError(`${kind}: samples must have the same shape, or extents of 1 to be stretched; ${got}`);
}
