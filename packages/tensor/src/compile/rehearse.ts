// A call of a function for its errors alone.

import { captureCall } from '@treadle/compiler';

/**
 * Calls f as `compile` does to record it, and drops the recording: nothing is computed, no variable changes, and no variable keeps
 * a copy of its value for the recorded nodes. Throws what f throws.
 */
export function rehearse(f: () => void): void {
  captureCall([], () => {
    f();
    return [];
  });
}
