// What the layers here share: a layer is made of its options, its weights, and what it computes. Its config is its options as
// plain data.

import {
  asTensor,
  checkArray,
  checkShape,
  type OptionKinds,
  readOptions,
  type Shape,
  show,
  Tensor,
  type TensorLike,
  type Variable,
} from '@treadle/tensor';
import { type LayerFunction, layer } from './callable.ts';
import { isStateful, resetStates } from './carried-states.ts';
import { freezable } from './freezing.ts';
import {
  type CallAllOptions,
  type CallOptions,
  given,
  type Layer,
  type LayerConfig,
  type LayerOptions,
  type Mask,
  namedVariablesOf,
  type Range,
} from './layer.ts';
import type { LayerWeights } from './layer-weights.ts';
import { type Build, buildOpen, checkOpenShape, type NeededAxes, type OpenShape } from './open-shape.ts';

type Behaviour = Pick<Layer, 'call' | 'outputMask' | 'outputRange'>;

export interface LayerParts extends Behaviour {
  readonly kind: string;
  /** what the layer was made with: positional arguments by their names, and options */
  readonly options: LayerOptions & Readonly<Record<string, unknown>>;
  readonly weights?: LayerWeights;
  /** the layers that it is made of, by what they are called within it; may be a getter */
  readonly layers?: Readonly<Record<string, Layer>>;
  /** `build` of a layer, for shapes that are known */
  build(shape: Shape): Shape;
  /** the axes of samples whose sizes must be known before a call; all of them by default */
  readonly needs?: NeededAxes;
  readonly buildAll?: Build;
  readonly callAll?: NonNullable<Layer['callAll']>;
  /** of the layer's own states; those of the layers that it is made of are reset with them */
  readonly resetStates?: NonNullable<Layer['resetStates']>;
}

export const callOptions: OptionKinds<CallOptions> = { training: 'boolean', mask: 'any', addLoss: 'function' };

export const callAllOptions: OptionKinds<CallAllOptions> = { training: 'boolean', masks: 'any', addLoss: 'function' };

/** Throws TypeError for what is no array of shapes, ShapeError for shapes that are none. */
export function checkShapes<S extends OpenShape>(kind: string, shapes: readonly S[]): readonly S[] {
  checkArray(`${kind}: the shapes`, shapes);
  for (const shape of shapes) checkOpenShape(kind, shape);
  return shapes;
}

/** Throws TypeError for a mask that is no tensor. */
export function checkMasks(kind: string, masks: readonly Mask[]): void {
  checkArray(`${kind}: the masks`, masks);
  const wrong = masks.findIndex((mask) => mask !== undefined && !(mask instanceof Tensor));
  if (wrong >= 0) throw new TypeError(`${kind}: a mask must be a tensor; got ${show(masks[wrong])} for input ${wrong}`);
}

export function makeLayer(parts: LayerParts): LayerFunction {
  const { kind, options, weights, build, needs, call, buildAll, callAll, outputMask, outputRange } = parts;
  const inner = (): readonly (readonly [string, Layer])[] => Object.entries(parts.layers ?? {});
  const innerLayers = (): readonly Layer[] => Object.values(parts.layers ?? {});
  const freezing = freezable(kind, innerLayers);
  const named = (): ReadonlyMap<string, Variable> =>
    new Map([
      ...(weights?.variables ?? []).map((v) => [v.name, v] as const),
      ...inner().flatMap(([name, part]) =>
        [...namedVariablesOf(part)].map(([own, v]) => [`${name}/${own}`, v] as const),
      ),
    ]);
  return layer({
    build: (shape: Shape) => build(checkShape(kind, shape)),
    call: (x: TensorLike, context: Partial<CallOptions> = {}) => {
      const { training = false, mask, addLoss } = readOptions(kind, context, callOptions);
      checkMasks(kind, [mask]);
      return call(asTensor(x), { training, mask, addLoss });
    },
    ...(buildAll && { buildAll: (shapes: readonly Shape[]) => buildAll(checkShapes(kind, shapes)) }),
    buildOpen: (shapes: readonly OpenShape[]) =>
      buildOpen(kind, checkShapes(kind, shapes), needs, buildAll ?? ((known) => known.map((shape) => build(shape)))),
    ...(callAll && {
      callAll: (xs: readonly TensorLike[], context: Partial<CallAllOptions> = {}) => {
        checkArray(`${kind}: the inputs`, xs);
        const { training = false, masks, addLoss } = readOptions(kind, context, callAllOptions);
        checkMasks(kind, masks ?? []);
        return callAll(
          Array.from(xs, (x) => asTensor(x)),
          { training, addLoss, ...(masks && { masks }) },
        );
      },
    }),
    ...(outputMask && {
      outputMask: (xs: readonly Tensor[], masks: readonly Mask[] = []) => {
        checkArray(`${kind}: the inputs`, xs);
        checkMasks(kind, masks);
        return outputMask(
          Array.from(xs, (x) => asTensor(x)),
          masks,
        );
      },
    }),
    ...(outputRange && {
      outputRange: (inputs: readonly Range[]) => {
        checkArray(`${kind}: the ranges`, inputs);
        return outputRange(inputs);
      },
    }),
    kind,
    name: options.name,
    inputShape: options.inputShape,
    get trainable(): boolean {
      return freezing.trainable;
    },
    set trainable(value: boolean) {
      freezing.trainable = value;
    },
    get layers(): readonly Layer[] {
      return innerLayers();
    },
    get variables(): readonly Variable[] {
      return [...named().values()];
    },
    get namedVariables(): ReadonlyMap<string, Variable> {
      return named();
    },
    get stateful(): boolean {
      return options.stateful === true || isStateful(innerLayers());
    },
    resetStates: () => {
      parts.resetStates?.();
      resetStates(innerLayers());
    },
    losses: (): readonly Tensor[] => [
      ...(weights?.penalties() ?? []),
      ...inner().flatMap(([, part]) => part.losses?.() ?? []),
    ],
    config: () => ({ ...configOf(kind, options), ...(!freezing.trainable && { trainable: false }) }),
  });
}

export interface MergingParts
  extends Pick<LayerParts, 'kind' | 'options' | 'weights' | 'needs' | 'layers' | 'outputMask' | 'resetStates'> {
  readonly buildAll: Build;
  readonly callAll: NonNullable<Layer['callAll']>;
}

/** A layer that is said by buildAll and callAll alone: given one input, it takes it as the only one of several. */
export function makeLayerOfMany(parts: MergingParts): LayerFunction {
  const { buildAll, callAll } = parts;
  return makeLayer({
    ...parts,
    build: (shape) => only(buildAll([shape])),
    call: (x, { training, mask, addLoss }) => only(callAll([x], { training, masks: [mask], addLoss })),
  });
}

/** The first of all results. */
function only<T>(results: readonly T[]): T {
  const [result] = results;
  if (result === undefined) throw new Error('internal: a layer has no result');
  return result;
}

/**
 * The options as plain data. Initializers that are functions are left out: a layer that is made again is given its weights.
 * Throws RangeError for other functions of one's own.
 */
export function configOf(kind: string, options: Readonly<Record<string, unknown>>): LayerConfig {
  return {
    kind,
    ...given(Object.fromEntries(Object.entries(options).map(([o, value]) => [o, plain(kind, o, value)]))),
  };
}

function plain(kind: string, option: string, value: unknown): unknown {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return value;
  if ('config' in value) return typeof value.config === 'function' ? value.config() : value.config;
  if (/initializer$/i.test(option)) return typeof value === 'function' ? undefined : value;
  if ('l1' in value && 'l2' in value) return { l1: value.l1, l2: value.l2 };
  if (typeof value === 'object' && !('call' in value)) return value;
  throw new RangeError(`${kind}: ${option} must be a name, or made by this package, to be saved; got one’s own`);
}

/** Throws RangeError unless n is a whole number ≥ 1; `what` begins the message, as in 'dense: units'. */
export function checkCount(what: string, n: number): void {
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`${what} must be a whole number ≥ 1; got ${show(n)}`);
}
