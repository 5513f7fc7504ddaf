// reshape, permute, repeatVector: layers that only say where the elements of a sample lie.

import { checkNumbers, type Shape, ShapeError } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { keepRange, type LayerOptions } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions, refuseTensors } from '../../layer/layer-options.ts';
import { checkCount, makeLayer } from '../../layer/make-layer.ts';

function sizeOf(shape: Shape): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

/** A sample under another shape; one extent may be −1: whatever is left. Building throws ShapeError where it does not fit. */
export function reshape(targetShape: Shape, options: LayerOptions = {}): LayerFunction {
  refuseTensors('reshape', targetShape, 'x.reshape([2, 3]) computes');
  checkNumbers('reshape: the shape', targetShape, '; reshape([2, 3]) takes it as one argument');
  readLayerOptions('reshape', options, layerOptions);
  const resolve = (shape: Shape): Shape => {
    const known = sizeOf(targetShape.filter((extent) => extent !== -1));
    const free = targetShape.filter((extent) => extent === -1).length;
    const size = sizeOf(shape);
    const fits = free === 0 ? known === size : free === 1 && known > 0 && size % known === 0;
    if (!fits) {
      const got = `got [${shape.join(', ')}] → [${targetShape.join(', ')}]`;
      throw new ShapeError(`reshape: the number of elements of a sample must stay the same; ${got}`);
    }
    return targetShape.map((extent) => (extent === -1 ? size / known : extent));
  };
  return makeLayer({
    kind: 'reshape',
    options: { targetShape, ...options },
    build: resolve,
    call: (x) => x.reshape([x.shape[0] ?? 1, ...resolve(x.shape.slice(1))]),
    outputRange: keepRange,
  });
}

/** The axes of a sample in another order, counted from 1, as in Keras: permute([2, 1]) transposes. */
export function permute(dims: readonly number[], options: LayerOptions = {}): LayerFunction {
  refuseTensors('permute', dims, 'x.transpose([0, 2, 1]) computes');
  checkNumbers('permute: dims', dims, '; permute([2, 1]) takes them as one argument');
  readLayerOptions('permute', options, layerOptions);
  if ([...dims].sort((a, b) => a - b).some((dim, i) => dim !== i + 1)) {
    throw new RangeError(`permute: dims must be 1 … n, each once; got [${dims.join(', ')}]`);
  }
  return makeLayer({
    kind: 'permute',
    options: { dims, ...options },
    build: (shape) => {
      if (shape.length === dims.length) return dims.map((dim) => shape[dim - 1] ?? 1);
      throw new ShapeError(
        `permute: a sample must have an axis for each of dims [${dims.join(', ')}]; got [${shape.join(', ')}]`,
      );
    },
    needs: () => [],
    call: (x) => x.transpose([0, ...dims]),
    outputRange: keepRange,
  });
}

/** [batch, features] → [batch, n, features]. Throws RangeError unless n is a whole number ≥ 1. */
export function repeatVector(n: number, options: LayerOptions = {}): LayerFunction {
  checkCount('repeatVector: n', n);
  readLayerOptions('repeatVector', options, layerOptions);
  return makeLayer({
    kind: 'repeatVector',
    options: { n, ...options },
    build: (shape) => {
      if (shape.length === 1) return [n, ...shape];
      throw new ShapeError(`repeatVector: a sample must be a vector; got [${shape.join(', ')}]`);
    },
    call: (x) => x.expandDims(1).broadcastTo([x.shape[0] ?? 1, n, ...x.shape.slice(1)]),
  });
}
