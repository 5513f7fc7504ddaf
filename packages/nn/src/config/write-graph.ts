// The graph of a model as plain data, from which read-graph.ts makes it again.

import type { LayerConfig } from '../layer/layer.ts';
import type { Graph } from '../network/graph.ts';

/** The config of a model with this graph; `options` are those of the model. Throws RangeError for a layer that has no config. */
export function writeGraph(
  { kind, inputs, layers, layerNames, calls, outputs }: Graph,
  options: Readonly<Record<string, unknown>>,
): LayerConfig {
  const configs = layers.map((layer, i) => {
    if (!layer.config) throw new RangeError(`${kind}: layer ${layerNames[i]} cannot be saved; it has no config`);
    return { ...layer.config(), name: layerNames[i] };
  });
  if (kind === 'sequential') return { kind, ...options, layers: configs };
  return { kind, ...options, inputs, layers: configs, calls, outputs };
}
