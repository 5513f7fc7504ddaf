// Layers around a layer: bidirectional reads a sequence both ways, timeDistributed applies a layer to each step.

import { concat, type OptionKinds, type Shape, ShapeError, show, type Tensor, where } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { isLayer, type Layer, type LayerOptions, maskAlong, sampleShape } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { makeLayer, makeLayerOfMany } from '../../layer/make-layer.ts';
import { afterSteps } from '../../layer/open-shape.ts';
import type { RecurrentLayer } from './recurrent-layer.ts';

export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave';

export interface BidirectionalOptions extends LayerOptions {
  /** how the results of both ways become one; 'concat' by default */
  readonly mergeMode?: MergeMode | undefined;
  /** the layer that goes backwards, with goBackwards: true; by default one with the same options */
  readonly backwardLayer?: RecurrentLayer | undefined;
}

const bidirectionalOptions: OptionKinds<BidirectionalOptions> = {
  ...layerOptions,
  mergeMode: 'any',
  backwardLayer: 'function',
};

const merges: Readonly<Record<MergeMode, (forward: Tensor, backward: Tensor) => Tensor>> = {
  concat: (forward, backward) => concat([forward, backward], -1),
  sum: (forward, backward) => forward.add(backward),
  mul: (forward, backward) => forward.mul(backward),
  ave: (forward, backward) => forward.add(backward).mul(0.5),
};

/**
 * A recurrent layer that reads a sequence from its first step to the last, and another from the last to the first; their results
 * at each step, or at their ends, are merged; that of a step which a mask leaves out is 0. With returnState, the states of the
 * first follow, then those of the other.
 */
export function bidirectional(forward: RecurrentLayer, options: BidirectionalOptions = {}): LayerFunction {
  readLayerOptions('bidirectional', options, bidirectionalOptions);
  checkRecurrent('the layer', forward);
  const { mergeMode = 'concat', backwardLayer: backward = forward.reversed() } = options;
  checkRecurrent('backwardLayer', backward);
  checkPair(forward, backward);
  if (typeof mergeMode !== 'string' || !Object.hasOwn(merges, mergeMode)) {
    throw new RangeError(
      `bidirectional: mergeMode must be one of ${Object.keys(merges).join(', ')}; got ${show(mergeMode)}`,
    );
  }
  const inOrder = (y: Tensor): Tensor => (backward.returnSequences ? y.flip(1) : y);
  /** the inputs of each way: x and its own half of the initial states */
  const halves = <T>([x, ...states]: readonly T[]): readonly (readonly T[])[] => {
    const own = [states.slice(0, states.length / 2), states.slice(states.length / 2)];
    return own.map((half) => (x === undefined ? half : [x, ...half]));
  };
  return makeLayerOfMany({
    kind: 'bidirectional',
    options: { ...options, layer: forward },
    layers: { forward, backward },
    needs: afterSteps,
    buildAll: (shapes) => {
      const [own = [], other = []] = halves(shapes);
      const [y = [], ...states] = buildBoth(forward, own);
      const [, ...others] = buildBoth(backward, other);
      return [mergeMode === 'concat' ? [...y.slice(0, -1), 2 * (y.at(-1) ?? 0)] : y, ...states, ...others];
    },
    callAll: (xs, context) => {
      const [own = [], other = []] = halves(xs);
      const [y, ...states] = forward.callAll?.(own, context) ?? [];
      const [reversed, ...others] = backward.callAll?.(other, context) ?? [];
      if (!y || !reversed) throw new Error('internal: a recurrent layer has a result');
      const merged = merges[mergeMode](y, inOrder(reversed));
      const [mask] = context.masks ?? [];
      return [forward.returnSequences && mask ? zeroed(merged, mask) : merged, ...states, ...others];
    },
    outputMask: (xs, masks) => forward.outputMask?.(xs, masks),
  });
}

/** x [batch, steps, …] with 0 where steps do not count. */
function zeroed(x: Tensor, mask: Tensor): Tensor {
  return where(maskAlong('bidirectional', mask, x), x, 0);
}

function checkRecurrent(what: string, layer: unknown): void {
  if (isLayer(layer) && 'reversed' in layer) return;
  throw new TypeError(`bidirectional: ${what} must be a recurrent layer, such as lstm(8); got ${show(layer)}`);
}

/** Throws RangeError unless one layer goes forwards and the other backwards, and both give alike. */
function checkPair(forward: RecurrentLayer, backward: RecurrentLayer): void {
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

/** Applies a layer to every step of x [batch, steps, …], as to samples of their own. */
export function timeDistributed(layer: Layer, options: LayerOptions = {}): LayerFunction {
  if (!isLayer(layer)) throw new TypeError(`timeDistributed: the layer must be one; got ${show(layer)}`);
  readLayerOptions('timeDistributed', options, layerOptions);
  return makeLayer({
    kind: 'timeDistributed',
    options: { ...options, layer },
    layers: { layer },
    build: ([steps, ...sample]) => {
      if (steps === undefined) throw new ShapeError('timeDistributed: a sample must have steps; got []');
      return [steps, ...layer.build(sample)];
    },
    needs: afterSteps,
    call: (x, { training, addLoss }) => {
      const [steps = 1, ...sample] = sampleShape('timeDistributed', x);
      const batch = x.shape[0] ?? 1;
      const y = layer.call(x.reshape([batch * steps, ...sample]), { training, addLoss });
      return y.reshape([batch, steps, ...y.shape.slice(1)]);
    },
    outputMask: (_, [mask]) => mask,
    outputRange: (inputs) => layer.outputRange?.(inputs),
  });
}
