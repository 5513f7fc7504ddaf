// What a plan is made from: a capture in which equal work is done once and ways that lead back are left out.

import { debug } from '../inspect/debug.ts';
import { showGraph } from '../inspect/show-graph.ts';
import { type Capture, capture, type Found } from '../trace/capture.ts';
import { cancelInverses } from './cancel-inverses.ts';
import { eliminateCommonSubexpressions } from './common-subexpressions.ts';

export function optimized(found: Found): Capture {
  const captured = capture(found);
  debug('graph', 'captured', () => showGraph(captured));
  const result = eliminateCommonSubexpressions(cancelInverses(captured));
  debug('graph', 'optimized', () => showGraph(result));
  return result;
}
