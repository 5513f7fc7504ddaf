// What a plan is made from: a capture in which equal work is done once and ways that lead back are left out.

import { type Capture, capture, type Found } from '../trace/capture.ts';
import { shorten } from './cancel-inverses.ts';
import { mergeEqual } from './common-subexpressions.ts';

export function simplified(found: Found): Capture {
  return mergeEqual(shorten(capture(found)));
}
