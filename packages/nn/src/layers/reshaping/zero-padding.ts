// Layers that add positions around images and sequences, or cut them away.

import { show } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { imageAxes, plainLayer, sequenceAxes } from '../convolution/window-layer.ts';

/** So many at both ends, or [before, after]. */
export type PaddingEnds = number | readonly [number, number];
/** So many on all sides, [rows, columns] at both ends of each, or [[top, bottom], [left, right]]. */
export type PaddingSides = number | readonly [PaddingEnds, PaddingEnds];

function endsOf(rule: string, ends: PaddingEnds): readonly [number, number] {
  const pair = typeof ends === 'number' ? ([ends, ends] as const) : ends;
  if (Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= 0)) return pair;
  throw new RangeError(`${rule} must be whole numbers ≥ 0, one or two for each axis; got ${show(ends)}`);
}

function sidesOf(rule: string, sides: PaddingSides): readonly [readonly [number, number], readonly [number, number]] {
  const pair = typeof sides === 'number' ? ([sides, sides] as const) : sides;
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw new RangeError(`${rule} must be whole numbers ≥ 0, one or two for each axis; got ${show(sides)}`);
  }
  const [rows, columns] = pair;
  return [endsOf(rule, rows), endsOf(rule, columns)];
}

/** Zeros around images: [batch, rows, columns, channels] → [batch, top + rows + bottom, left + columns + right, channels]. 1 by default. */
export function zeroPadding2d(padding: PaddingSides = 1, options: LayerOptions = {}): LayerFunction {
  readLayerOptions('zeroPadding2d', options, layerOptions);
  const [rows, columns] = sidesOf('zeroPadding2d: padding', padding);
  return plainLayer({
    kind: 'zeroPadding2d',
    axes: imageAxes,
    options,
    config: { padding },
    call: (x) => x.pad([[0, 0], rows, columns, [0, 0]]),
  });
}

/** Zeros before and after: [batch, steps, channels] → [batch, before + steps + after, channels]. 1 by default. */
export function zeroPadding1d(padding: PaddingEnds = 1, options: LayerOptions = {}): LayerFunction {
  readLayerOptions('zeroPadding1d', options, layerOptions);
  const steps = endsOf('zeroPadding1d: padding', padding);
  return plainLayer({
    kind: 'zeroPadding1d',
    axes: sequenceAxes,
    options,
    config: { padding },
    call: (x) => x.pad([[0, 0], steps, [0, 0]]),
  });
}

/** Images without their outermost rows and columns. */
export function cropping2d(cropping: PaddingSides = 0, options: LayerOptions = {}): LayerFunction {
  readLayerOptions('cropping2d', options, layerOptions);
  const [rows, columns] = sidesOf('cropping2d: cropping', cropping);
  return plainLayer({
    kind: 'cropping2d',
    axes: imageAxes,
    options,
    config: { cropping },
    call: (x) => {
      const [, height = 0, width = 0] = x.shape;
      return x.slice([0, rows[0], columns[0]], [x.shape[0] ?? 0, until(height, rows), until(width, columns)]);
    },
  });
}

/** Sequences without their outermost steps. */
export function cropping1d(cropping: PaddingEnds = 1, options: LayerOptions = {}): LayerFunction {
  readLayerOptions('cropping1d', options, layerOptions);
  const steps = endsOf('cropping1d: cropping', cropping);
  return plainLayer({
    kind: 'cropping1d',
    axes: sequenceAxes,
    options,
    config: { cropping },
    call: (x) => x.slice([0, steps[0]], [x.shape[0] ?? 0, until(x.shape[1] ?? 0, steps)]),
  });
}

/** Where what is left ends; nothing is left of what is shorter than both cuts. */
function until(extent: number, [before, after]: readonly [number, number]): number {
  return Math.max(before, extent - after);
}
