// What a plan is made from: a capture in which equal work is done once and ways that lead back are left out.

import { type Capture, capture, type Found } from './capture.ts';
import { mergeEqual } from './merge.ts';
import { shorten } from './shorten.ts';

export function simplified(found: Found): Capture {
  return mergeEqual(shorten(capture(found)));
}
