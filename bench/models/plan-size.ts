// The size of the plan of a training step with more and more equal layers. Kernels of the same structure should share
// their code, so only the table of operands should grow with the number of layers.

import { dense, explain, gradients, ones, sequential, type Tensor } from 'treadle';
import { printTable } from '../table.ts';
import type { Row } from '../work.ts';

export function planSizes(): Row[] {
  const sizes = [4, 8, 16, 32].map((layers) => ({ layers, ...planOf(layers) }));
  printTable(
    'models: the plan of a step (forward, backward, sgd) of equal layers, 16 wide',
    sizes.map(({ layers, kernels, moduleBytes, tableBytes }) => ({
      layers: `${layers}`,
      kernels: `${kernels.length}`,
      'bytes of code': `${moduleBytes}`,
      'bytes of table': `${tableBytes}`,
      'table bytes/layer': (tableBytes / layers).toFixed(0),
    })),
  );
  return sizes.flatMap(({ layers, moduleBytes, tableBytes }) => [
    sizeRow(`code of ${layers} equal layers`, moduleBytes),
    sizeRow(`table of ${layers} equal layers`, tableBytes),
  ]);
}

function sizeRow(name: string, bytes: number): Row {
  return { suite: 'models', name, threads: 1, flops: 0, bytes: 0, ms: bytes, spread: 0, unit: 'bytes' };
}

function planOf(layers: number) {
  const model = sequential(Array.from({ length: layers }, () => dense(16, { activation: 'relu' })));
  model.build([16]);
  const step = (x: Tensor): Tensor => {
    const loss = model.call(x, { training: true }).square().mean();
    gradients(loss, model.trainableVariables).forEach((gradient, i) => {
      model.trainableVariables[i]?.assignSub(gradient.mul(0.01));
    });
    return loss;
  };
  return explain(step)(ones([8, 16]));
}
