// The numbers of a model by name: its weights, such as dense/kernel, and the state of its optimizer: optimizer/iterations, and
// optimizer/mean/dense/kernel for the slot `mean` of that weight.

import type { Layer, Network } from '@treadle/nn';
import type { Optimizer } from '@treadle/optim';
import { FormatError, type Tensor, type Variable } from '@treadle/tensor';

const prefix = 'optimizer/';

/** Whether it is the name of a state of the optimizer. */
export function isOfOptimizer(name: string): boolean {
  return name.startsWith(prefix);
}

/** The state of the optimizer by name; that of a variable exists after its first update. */
export function optimizerState(model: Network, optimizer: Optimizer): ReadonlyMap<string, Variable> {
  const states = [...model.namedVariables].flatMap(([name, v]) =>
    [...(optimizer.stateOf(v) ?? [])].map(([slot, state]) => [`${slot}/${name}`, state] as const),
  );
  return new Map([...optimizer.sharedState, ...states].map(([name, state]) => [`${prefix}${name}`, state]));
}

/** Assigns the state of the optimizer. Throws FormatError for a state that this optimizer does not have, or of another shape. */
export function setOptimizerState(model: Network, optimizer: Optimizer, tensors: ReadonlyMap<string, Tensor>): void {
  const names = [...tensors.keys()].filter(isOfOptimizer);
  const moved = [...model.namedVariables].filter(([name]) => names.some((each) => each.endsWith(`/${name}`)));
  optimizer.build(moved.map(([, v]) => v));
  const states = optimizerState(model, optimizer);
  for (const name of names) {
    const [state, value] = [states.get(name), tensors.get(name)];
    if (!state || !value) throw new FormatError(`loadModel: the state must be one of ${optimizer.name}; got ${name}`);
    assign('loadModel', name, state, value);
  }
}

/** Assigns a value that was read. Throws FormatError for another shape or dtype. */
export function assign(op: string, name: string, v: Variable, value: Tensor): void {
  if (!fits(v, value)) {
    const got = `got [${value.shape.join(', ')}] ${value.dtype}`;
    throw new FormatError(
      `${op}: ${name} must have the shape [${v.shape.join(', ')}] and the dtype ${v.dtype}; ${got}`,
    );
  }
  v.assign(value);
}

/** Whether the value has the shape and the dtype of the variable. */
export function fits(v: Variable, value: Tensor): boolean {
  const isSame = value.rank === v.rank && value.shape.every((extent, i) => extent === v.shape[i]);
  return isSame && value.dtype === v.dtype;
}

/** The layers with random numbers of their own seeds, inner layers too, in the order in which they are listed. */
export function randomLayers(layers: readonly Layer[]): readonly Layer[] {
  return layers.flatMap((layer) => [
    ...((layer.drawn?.length ?? 0) > 0 ? [layer] : []),
    ...randomLayers(layer.layers ?? []),
  ]);
}
