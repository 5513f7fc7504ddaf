// A call for the sake of what it throws.

import { captureCall } from '@treadle/compiler';

/**
 * Calls f as `compile` does to record it, and forgets what it wrote down: nothing is computed, no variable changes, and none has to
 * keep a copy of its value for what was written down. Throws what f throws.
 */
export function rehearse(f: () => void): void {
  captureCall([], () => {
    f();
    return [];
  });
}
