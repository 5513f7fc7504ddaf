// What a plan is made from: a capture in which equal work is done once and ways that lead back are left out.

import { type Capture, capture, type Found } from '../trace/capture.ts';
import { cancelInverses } from './cancel-inverses.ts';
import { eliminateCommonSubexpressions } from './common-subexpressions.ts';

export function optimized(found: Found): Capture {
  return eliminateCommonSubexpressions(cancelInverses(capture(found)));
}
