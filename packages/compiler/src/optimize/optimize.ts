// Graph optimization: first inverses are cancelled, then common subexpressions are eliminated. Both passes are exact to the bit, and neither
// knows an op by its name.

import { debug } from '../inspect/debug.ts';
import { showGraph } from '../inspect/show-graph.ts';
import type { Capture } from '../trace/capture.ts';
import { cancelInverses } from './cancel-inverses.ts';
import { eliminateCommonSubexpressions } from './common-subexpressions.ts';

/** The capture from which a plan is made. Sources keep their order, roots too. */
export function optimize(captured: Capture): Capture {
  debug('graph', 'captured', () => showGraph(captured));
  const optimized = eliminateCommonSubexpressions(cancelInverses(captured));
  debug('graph', 'optimized', () => showGraph(optimized));
  return optimized;
}
