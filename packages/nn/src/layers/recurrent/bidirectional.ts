// bidirectional: reads a sequence in both directions, with two recurrent layers, and merges their results.

import { concat, type Shape, show, type Tensor, where } from '@treadle/tensor';
import type { OptionTypes } from '../../config/kind.ts';
import { oneOf } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { maskAlong } from '../../layer/mask.ts';
import { afterSteps } from '../../layer/open-shape.ts';
import { isRecurrentLayer, type RecurrentLayer, recurrentLayerType } from './recurrent-layer.ts';

/** How the results of both directions become one: side by side, their sum, product or mean. */
export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave';

/** Options of `bidirectional`. */
export interface BidirectionalOptions extends LayerOptions {
  /** how the results of both directions become one; 'concat' by default */
  readonly mergeMode?: MergeMode | undefined;
  /** the layer that goes backwards, with goBackwards: true; by default a layer with the same options */
  readonly backwardLayer?: RecurrentLayer | undefined;
}

const mergeModes: Readonly<Record<MergeMode, (forward: Tensor, backward: Tensor) => Tensor>> = {
  concat: (forward, backward) => concat([forward, backward], -1),
  sum: (forward, backward) => forward.add(backward),
  mul: (forward, backward) => forward.mul(backward),
  ave: (forward, backward) => forward.add(backward).mul(0.5),
};

const bidirectionalTypes: OptionTypes<BidirectionalOptions> = {
  ...layerTypes,
  mergeMode: oneOf(['concat', 'sum', 'mul', 'ave']),
  backwardLayer: recurrentLayerType,
};

/**
 * A recurrent layer from the first step to the last, and another from the last to the first: [batch, steps, …] → [batch, 2·n] with
 * 'concat', otherwise [batch, n]; with returnSequences, results of all steps, 0 in steps that a mask leaves out. With returnState, the
 * states of the forward layer follow, then those of the backward layer. Throws TypeError for a layer that is not recurrent, RangeError
 * for two layers of one direction.
 *
 * @example
 * ```ts
 * import { bidirectional, lstm } from 'treadle';
 * bidirectional(lstm(4)).call([[[1], [2], [3]]]).shape; // → [1, 8]
 * ```
 */
export const bidirectional: LayerKind<[forward: RecurrentLayer], BidirectionalOptions> = defineLayer(
  { kind: 'bidirectional', arguments: [['layer', recurrentLayerType]], options: bidirectionalTypes },
  (forward, { mergeMode = 'concat', backwardLayer }) => {
    checkRecurrent('the layer', forward);
    const backward = backwardLayer ?? forward.reversed();
    checkRecurrent('backwardLayer', backward);
    checkDirections(forward, backward);
    if (typeof mergeMode !== 'string' || !Object.hasOwn(mergeModes, mergeMode)) {
      throw new RangeError(
        `bidirectional: mergeMode must be one of ${Object.keys(mergeModes).join(', ')}; got ${show(mergeMode)}`,
      );
    }
    const inOrder = (y: Tensor): Tensor => (backward.returnSequences ? y.flip(1) : y);
    return {
      layers: { forward, backward },
      needs: afterSteps,
      buildAll: (shapes) => {
        const [ofForward, ofBackward] = inputsOfBoth(shapes);
        const [y = [], ...states] = buildBoth(forward, ofForward);
        const [, ...others] = buildBoth(backward, ofBackward);
        return [mergeMode === 'concat' ? [...y.slice(0, -1), 2 * (y.at(-1) ?? 0)] : y, ...states, ...others];
      },
      callAll: (xs, context) => {
        const [ofForward, ofBackward] = inputsOfBoth(xs);
        const [y, ...states] = forward.callAll?.(ofForward, context) ?? [];
        const [reversed, ...others] = backward.callAll?.(ofBackward, context) ?? [];
        if (!y || !reversed) throw new Error('internal: a recurrent layer has a result');
        const merged = mergeModes[mergeMode](y, inOrder(reversed));
        const [mask] = context.masks ?? [];
        return [forward.returnSequences && mask ? zeroMasked(merged, mask) : merged, ...states, ...others];
      },
      outputMask: (xs, masks) => forward.outputMask?.(xs, masks),
    };
  },
);

/** The inputs of each direction: x and its half of the initial states. */
function inputsOfBoth<T>([x, ...states]: readonly T[]): readonly [forward: readonly T[], backward: readonly T[]] {
  const first = x === undefined ? [] : [x];
  const half = states.length / 2;
  return [
    [...first, ...states.slice(0, half)],
    [...first, ...states.slice(half)],
  ];
}

/** x [batch, steps, …] with 0 in the steps that the mask leaves out. */
function zeroMasked(x: Tensor, mask: Tensor): Tensor {
  return where(maskAlong('bidirectional', mask, x), x, 0);
}

function checkRecurrent(what: string, layer: unknown): void {
  if (isRecurrentLayer(layer)) return;
  throw new TypeError(`bidirectional: ${what} must be a recurrent layer, such as lstm(8); got ${show(layer)}`);
}

/** Throws RangeError unless the layers have opposite directions and the same results. */
function checkDirections(forward: RecurrentLayer, backward: RecurrentLayer): void {
  if (forward.goBackwards || !backward.goBackwards) {
    const got = `goBackwards: ${forward.goBackwards} and ${backward.goBackwards}`;
    throw new RangeError(`bidirectional: the layer must go forwards, and backwardLayer backwards; got ${got}`);
  }
  for (const option of ['returnSequences', 'returnState', 'stateful'] as const) {
    if (forward[option] === backward[option]) continue;
    const got = `${forward[option]} and ${backward[option]}`;
    throw new RangeError(`bidirectional: both layers must have the same ${option}; got ${got}`);
  }
}

function buildBoth(layer: RecurrentLayer, shapes: readonly Shape[]): readonly Shape[] {
  return layer.buildAll?.(shapes) ?? [];
}
