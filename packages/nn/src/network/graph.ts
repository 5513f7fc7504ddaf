// The graph of a model: its layers and their calls, in topological order, with indices instead of references. It is found from the
// symbolic tensors of its inputs and outputs; layers in a row are a graph too.

import { checkArray, show } from '@treadle/tensor';
import { isLayer, type Layer, takeName } from '../layer/layer.ts';
import { listExtents, type OpenShape } from '../layer/open-shape.ts';
import { isSymbolic, type LayerCall, type SymbolicTensor } from './connect.ts';

/** A value of the graph: result `index` of a call, or input `index` of the model if call is −1. */
export interface Ref {
  readonly call: number;
  readonly index: number;
}

export interface GraphInput {
  readonly name: string;
  /** the shape of one sample; undefined for layers in a row without inputShape */
  readonly shape: OpenShape | undefined;
}

export interface GraphCall {
  /** the index of the layer */
  readonly layer: number;
  readonly inputs: readonly Ref[];
}

export interface GraphOutput {
  readonly name: string;
  readonly from: Ref;
}

export interface Graph {
  readonly kind: 'sequential' | 'model';
  readonly inputs: readonly GraphInput[];
  /** the layers, each once */
  readonly layers: readonly Layer[];
  /** the names of the layers, in their order */
  readonly layerNames: readonly string[];
  readonly calls: readonly GraphCall[];
  readonly outputs: readonly GraphOutput[];
}

/** Symbolic tensors as inputs or outputs of a model: one, several, or by name. */
export type SymbolicTensors = SymbolicTensor | readonly SymbolicTensor[] | Readonly<Record<string, SymbolicTensor>>;

/** The graph of layers in a row. Throws RangeError for no layers, a layer that is given twice, or two layers of one name. */
export function chain(layers: readonly Layer[]): Graph {
  const given: unknown = layers;
  checkArray('sequential: the layers', given, isLayer(given) ? '; sequential([a, b]) takes them as one argument' : '');
  layers.forEach((each: unknown, i) => {
    if (isLayer(each)) return;
    throw new TypeError(`sequential: layer ${i} must be one, such as dense(10) makes; got ${show(each)}`);
  });
  if (layers.length === 0) throw new RangeError('sequential: there must be one layer or more; got none');
  const twice = layers.findIndex((layer, i) => layers.indexOf(layer) < i);
  if (twice >= 0) throw new RangeError(`sequential: a layer may be given once; got layer ${twice} again`);
  const layerNames = namesOf('sequential', layers);
  return {
    kind: 'sequential',
    inputs: [{ name: 'input', shape: layers[0]?.inputShape }],
    layers: [...layers],
    layerNames,
    calls: layers.map((_, layer) => ({ layer, inputs: [{ call: layer - 1, index: 0 }] })),
    outputs: [{ name: layerNames.at(-1) ?? '', from: { call: layers.length - 1, index: 0 } }],
  };
}

/**
 * The graph of everything between the inputs and the outputs. Throws RangeError for an output that needs an input that is not given, an
 * input that no output needs, or two layers of one name.
 */
export function graphBetween(inputs: SymbolicTensors, outputs: SymbolicTensors): Graph {
  const starts = listed('inputs', inputs);
  const ends = listed('outputs', outputs);
  const calls = callsBefore(
    ends.map(({ at }) => at),
    new Set(starts.map(({ at }) => at)),
  );
  const unused = starts.findIndex(
    ({ at }) => !calls.some((call) => call.inputs.includes(at)) && !ends.some((end) => end.at === at),
  );
  if (unused >= 0) {
    throw new RangeError(`model: every input must lead to an output; got input ${unused}, which none needs`);
  }
  const layers = [...new Set(calls.map(({ layer }) => layer))];
  const layerNames = namesOf('model', layers);
  const refOf = ({ from, ...x }: SymbolicTensor, at: SymbolicTensor): Ref =>
    from
      ? { call: calls.indexOf(from), index: x.index }
      : { call: -1, index: starts.findIndex((start) => start.at === at) };
  const taken = new Set<string>(starts.flatMap(({ at, name }) => name ?? at.name ?? []));
  const outputNames = new Set<string>();
  return {
    kind: 'model',
    inputs: starts.map(({ at, name = at.name }) => ({ name: name ?? takeName('input', taken), shape: at.shape })),
    layers,
    layerNames,
    calls: calls.map(({ layer, inputs: xs }) => ({ layer: layers.indexOf(layer), inputs: xs.map((x) => refOf(x, x)) })),
    outputs: ends.map(({ at, name }) => {
      const from = refOf(at, at);
      const made = layerNames[layers.indexOf(calls[from.call]?.layer ?? layers[0] ?? noLayer())] ?? '';
      return { name: takeName(name ?? made, outputNames), from };
    }),
  };
}

function noLayer(): never {
  throw new RangeError('model: there must be one layer or more between inputs and outputs; got none');
}

/** An input or output with its name. */
interface NamedTensor {
  readonly at: SymbolicTensor;
  readonly name: string | undefined;
}

function listed(what: string, ends: SymbolicTensors): readonly NamedTensor[] {
  const given: unknown = ends;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`model: ${what} must be what input() or a layer gave; got ${show(given)}`);
  }
  const list: readonly NamedTensor[] = isSymbolic(ends)
    ? [{ at: ends, name: undefined }]
    : Array.isArray(ends)
      ? ends.map((at: SymbolicTensor) => ({ at, name: undefined }))
      : Object.entries(ends).map(([name, at]) => ({ at, name }));
  if (list.length === 0) throw new RangeError(`model: there must be one or more ${what}; got none`);
  if (list.some(({ at }) => !isSymbolic(at))) {
    throw new RangeError(`model: ${what} must be what input() or a layer gave; got something else`);
  }
  return list;
}

/** The calls that the outputs need, in topological order (depth-first, without recursion). */
function callsBefore(outputs: readonly SymbolicTensor[], inputs: ReadonlySet<SymbolicTensor>): readonly LayerCall[] {
  const order: LayerCall[] = [];
  const seen = new Set<LayerCall>();
  const stack: { call: LayerCall; next: number }[] = [];
  const enter = (x: SymbolicTensor): void => {
    if (inputs.has(x)) return;
    if (!x.from) {
      throw new RangeError(
        `model: all inputs that the outputs need must be given; got outputs that need another, of shape [${listExtents(x.shape)}]`,
      );
    }
    if (seen.has(x.from)) return;
    seen.add(x.from);
    stack.push({ call: x.from, next: 0 });
  };
  for (const output of outputs) {
    enter(output);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const x = top.call.inputs[top.next++];
      if (x) {
        enter(x);
      } else {
        order.push(top.call);
        stack.pop();
      }
    }
  }
  return order;
}

/** The names of the layers: those of the user, which must differ, and names by kind for the others: dense, dense_1, … */
function namesOf(op: string, layers: readonly Layer[]): readonly string[] {
  const taken = new Set<string>();
  for (const { name } of layers) {
    if (name === undefined) continue;
    if (taken.has(name))
      throw new RangeError(`${op}: layers must have different names; got ${JSON.stringify(name)} twice`);
    taken.add(name);
  }
  return layers.map(({ name, kind = 'layer' }) => name ?? takeName(kind, taken));
}
