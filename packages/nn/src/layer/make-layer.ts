// makeLayer: a layer from its parts: its weights, how it is built, what it computes. It checks what a caller gives, collects
// the variables and penalties of inner layers, and gives the config, which is the arguments and options as plain data.

import {
  asTensor,
  checkArray,
  checkShape,
  configOf as dataOf,
  type OptionKinds,
  readOptions,
  type Shape,
  show,
  Tensor,
  type TensorLike,
  type Variable,
} from '@treadle/tensor';
import type { OutputRange } from '../activations/activation.ts';
import { nameOfActivation } from '../activations/activation-by-name.ts';
import type { Given } from '../config/kind.ts';
import { type LayerFunction, layer } from './callable.ts';
import { isStateful, resetStates } from './carried-states.ts';
import { type Freezable, freezable } from './freezing.ts';
import {
  type CallAllOptions,
  type CallOptions,
  type Layer,
  type LayerConfig,
  type LayerOptions,
  namedVariablesOf,
} from './layer.ts';
import type { LayerWeights } from './layer-weights.ts';
import type { Mask } from './mask.ts';
import { type Build, buildOpen, checkOpenShape, type NeededAxes, type OpenShape } from './open-shape.ts';
import type { SeedSource } from './seed-source.ts';

interface CommonParts extends Pick<Layer, 'outputMask' | 'outputRange'> {
  readonly weights?: LayerWeights;
  /** the inner layers by their names; may be a getter */
  readonly layers?: Readonly<Record<string, Layer>>;
  /** the axes of a sample whose sizes must be known before a call; all of them by default */
  readonly needs?: NeededAxes;
  /** where the layer's random numbers come from; none by default */
  readonly sources?: readonly SeedSource[];
  /** resets the layer's own states; those of inner layers are reset with them */
  readonly resetStates?: NonNullable<Layer['resetStates']>;
}

/** A layer of one input and one result. */
interface OneInputParts extends CommonParts {
  /** `build` of a layer, for known shapes */
  build(shape: Shape): Shape;
  /** `call` of a layer; isTrainable is false for a frozen layer */
  call(x: Tensor, options: CallOptions, isTrainable: boolean): Tensor;
}

/** A layer of several inputs or results. Given one input, it takes it as the only one. */
interface ManyInputParts extends CommonParts {
  readonly buildAll: Build;
  readonly callAll: NonNullable<Layer['callAll']>;
}

export type LayerParts = OneInputParts | ManyInputParts;

export const callOptions: OptionKinds<CallOptions> = { training: 'boolean', mask: 'any', addLoss: 'function' };

export const callAllOptions: OptionKinds<CallAllOptions> = { training: 'boolean', masks: 'any', addLoss: 'function' };

/** Throws TypeError unless it is given an array of arrays of numbers, ShapeError for sizes that are not whole numbers ≥ 0. */
export function checkShapes<S extends OpenShape>(kind: string, shapes: readonly S[]): readonly S[] {
  checkArray(`${kind}: the shapes`, shapes);
  for (const shape of shapes) checkOpenShape(kind, shape);
  return shapes;
}

/** Throws TypeError for a mask that is not a tensor. */
export function checkMasks(kind: string, masks: readonly Mask[]): void {
  checkArray(`${kind}: the masks`, masks);
  const wrong = masks.findIndex((mask) => mask !== undefined && !(mask instanceof Tensor));
  if (wrong >= 0) throw new TypeError(`${kind}: a mask must be a tensor; got ${show(masks[wrong])} for input ${wrong}`);
}

/** The layer of these parts, made with these arguments and options. */
export function makeLayer(kind: string, { options, data }: Given<LayerOptions>, parts: LayerParts): LayerFunction {
  const { weights } = parts;
  const inner = (): readonly (readonly [string, Layer])[] => Object.entries(parts.layers ?? {});
  const innerLayers = (): readonly Layer[] => Object.values(parts.layers ?? {});
  const freezing = freezable(kind, innerLayers);
  const sequences = (parts.sources ?? []).flatMap(({ seed }) => seed ?? []);
  return layer({
    ...checkedCalls(kind, parts, freezing),
    ...checkedOutputs(kind, parts),
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
      return [...variablesByName(weights, inner()).values()];
    },
    get namedVariables(): ReadonlyMap<string, Variable> {
      return variablesByName(weights, inner());
    },
    get stateful(): boolean {
      return data.stateful === true || isStateful(innerLayers());
    },
    get drawn(): readonly number[] {
      return sequences.map((sequence) => sequence.drawn);
    },
    set drawn(counts: readonly number[]) {
      sequences.forEach((sequence, i) => {
        sequence.drawn = counts[i] ?? 0;
      });
    },
    resetStates: () => {
      parts.resetStates?.();
      resetStates(innerLayers());
    },
    losses: (): readonly Tensor[] => [
      ...(weights?.penalties() ?? []),
      ...inner().flatMap(([, each]) => each.losses?.() ?? []),
    ],
    config: () => ({ ...configOf(kind, data), ...(!freezing.trainable && { trainable: false }) }),
  });
}

/** The layer's own variables, then those of inner layers, whose names come before a slash. */
function variablesByName(
  weights: LayerWeights | undefined,
  inner: readonly (readonly [string, Layer])[],
): ReadonlyMap<string, Variable> {
  return new Map([
    ...(weights?.variables ?? []).map((v) => [v.name, v] as const),
    ...inner.flatMap(([name, each]) => [...namedVariablesOf(each)].map(([own, v]) => [`${name}/${own}`, v] as const)),
  ]);
}

/** build, call and their relatives, which check what a caller gives. */
function checkedCalls(kind: string, parts: LayerParts, freezing: Freezable) {
  const { build, call }: Pick<OneInputParts, 'build' | 'call'> = 'buildAll' in parts ? asOneInput(parts) : parts;
  const buildKnown: Build = 'buildAll' in parts ? parts.buildAll : (shapes) => shapes.map((shape) => build(shape));
  return {
    build: (shape: Shape) => build(checkShape(kind, shape)),
    call: (x: TensorLike, context: Partial<CallOptions> = {}) => {
      const { training = false, mask, addLoss } = readOptions(kind, context, callOptions);
      checkMasks(kind, [mask]);
      return call(asTensor(x), { training, mask, addLoss }, freezing.trainable);
    },
    buildOpen: (shapes: readonly OpenShape[]) => buildOpen(kind, checkShapes(kind, shapes), parts.needs, buildKnown),
    ...('buildAll' in parts && checkedCallsOfMany(kind, parts)),
  };
}

function checkedCallsOfMany(kind: string, { buildAll, callAll }: ManyInputParts) {
  return {
    buildAll: (shapes: readonly Shape[]) => buildAll(checkShapes(kind, shapes)),
    callAll: (xs: readonly TensorLike[], context: Partial<CallAllOptions> = {}) => {
      checkArray(`${kind}: the inputs`, xs);
      const { training = false, masks, addLoss } = readOptions(kind, context, callAllOptions);
      checkMasks(kind, masks ?? []);
      return callAll(
        Array.from(xs, (x) => asTensor(x)),
        { training, addLoss, ...(masks && { masks }) },
      );
    },
  };
}

/** outputMask and outputRange, if the layer has them, which check what a caller gives. */
function checkedOutputs(kind: string, { outputMask, outputRange }: LayerParts) {
  return {
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
      outputRange: (inputs: readonly (OutputRange | undefined)[]) => {
        checkArray(`${kind}: the ranges`, inputs);
        return outputRange(inputs);
      },
    }),
  };
}

function asOneInput({ buildAll, callAll }: ManyInputParts): Pick<OneInputParts, 'build' | 'call'> {
  return {
    build: (shape) => firstOf(buildAll([shape])),
    call: (x, { training, mask, addLoss }) => firstOf(callAll([x], { training, masks: [mask], addLoss })),
  };
}

function firstOf<T>(results: readonly T[]): T {
  const [result] = results;
  if (result === undefined) throw new Error('internal: a layer has no result');
  return result;
}

/**
 * The options as plain data. Initializers that are functions are left out, because the weights of a layer that is made again are
 * given. Throws RangeError for other functions without a name.
 */
export function configOf(kind: string, options: Readonly<Record<string, unknown>>): LayerConfig {
  return dataOf(kind, Object.fromEntries(Object.entries(options).map(([o, value]) => [o, savedAs(o, value)])));
}

function savedAs(option: string, value: unknown): unknown {
  if (typeof value !== 'function') return value;
  if (/initializer$/i.test(option)) return undefined;
  if (/activation$/i.test(option)) return nameOfActivation(value) ?? value;
  return 'l1' in value && 'l2' in value ? { l1: value.l1, l2: value.l2 } : value;
}
