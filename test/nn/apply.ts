// Layers applied as a model applies them, whether they take one input or several.

import type { CallAllOptions, Layer, Mask } from '@treadle/nn';
import type { Shape, Tensor, Variable } from '@treadle/tensor';

export function buildAll(layer: Layer, shapes: readonly Shape[]): readonly Shape[] {
  return layer.buildAll?.(shapes) ?? [layer.build(shapes[0] ?? [])];
}

export function callAll(layer: Layer, xs: readonly Tensor[], options: CallAllOptions): readonly Tensor[] {
  if (layer.callAll) return layer.callAll(xs, options);
  const [x] = xs;
  if (!x) throw new Error('no input');
  return [layer.call(x, { training: options.training, mask: options.masks?.[0] })];
}

export function namedVariablesOf(layer: Layer): ReadonlyMap<string, Variable> {
  return layer.namedVariables ?? new Map(layer.variables.map((v) => [v.name, v]));
}

/** A layer built for the inputs, applied to them: its only result. */
export function apply(
  layer: Layer,
  xs: Tensor | readonly Tensor[],
  training = false,
  masks: readonly Mask[] = [],
): Tensor {
  const inputs: readonly Tensor[] = Array.isArray(xs) ? xs : [xs as Tensor];
  buildAll(
    layer,
    inputs.map((x) => x.shape.slice(1)),
  );
  const [y] = callAll(layer, inputs, { training, masks });
  if (!y) throw new Error('no result');
  return y;
}
