// oneHot: labels as rows of zeros with a single one.

import { ShapeError } from '../../calls/errors.ts';
import { show } from '../../calls/show.ts';
import type { Node } from '../../node.ts';
import { arange } from '../elementwise/arange.ts';
import { cast, widened } from '../elementwise/cast.ts';
import { equal } from '../elementwise/comparison.ts';
import { requireDtype } from '../elementwise/lane.ts';
import { expandDims } from '../moves/reshape.ts';

/** labels [...] of int32 → float32 [..., depth]: 1 at the label, 0 elsewhere; all 0 for a label outside 0 … depth − 1. */
export function oneHot(labels: Node, depth: number): Node {
  const whole = requireDtype('oneHot', widened(labels), 'int32');
  if (!Number.isInteger(depth) || depth < 0)
    throw new ShapeError(`oneHot: depth must be a whole number ≥ 0; got ${show(depth)}`);
  return cast(equal(expandDims(whole, -1), arange(depth)), 'float32');
}
