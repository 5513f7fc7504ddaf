// What a summary shows of each layer of a model.

import type { Variable } from '@treadle/tensor';
import { trainableVariablesOf } from '../layer/freezing.ts';
import type { OpenShape } from '../layer/open-shape.ts';
import type { Graph, Ref } from './graph.ts';

/** A layer of a built model. */
export interface LayerSummary {
  /** its name in the model */
  readonly name: string;
  /** the kind of layer, such as 'dense' */
  readonly kind: string;
  /** the shape of one sample of the first result, in the first call */
  readonly outputShape: OpenShape;
  /** the number of elements of its variables */
  readonly params: number;
  /** the number of those elements that training changes */
  readonly trainableParams: number;
  /** the names of the layers and inputs that it takes, in all its calls */
  readonly inputs: readonly string[];
}

/** The layers of the graph, whose calls have results of these shapes. */
export function summarizeLayers(
  { layers, layerNames, calls, inputs }: Graph,
  shapes: readonly (readonly OpenShape[])[],
): readonly LayerSummary[] {
  const nameOf = ({ call, index }: Ref): string =>
    (call < 0 ? inputs[index]?.name : layerNames[calls[call]?.layer ?? -1]) ?? '';
  return layers.map((layer, i) => ({
    name: layerNames[i] ?? '',
    kind: layer.kind ?? 'layer',
    outputShape: shapes[calls.findIndex((call) => call.layer === i)]?.[0] ?? [],
    params: sizeOfVariables(layer.variables),
    trainableParams: sizeOfVariables(trainableVariablesOf(layer)),
    inputs: calls.filter((call) => call.layer === i).flatMap((call) => call.inputs.map(nameOf)),
  }));
}

/** The number of elements of all variables. */
export function sizeOfVariables(variables: readonly Variable[]): number {
  return variables.reduce((sum, { size }) => sum + size, 0);
}
