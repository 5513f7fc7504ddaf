// Warnings for the packages above, which know no host.

import { host } from '@treadle/runtime';

/** Shows a warning of this type to the user, as the host shows warnings. The program goes on. */
export function warn(message: string, type: string): void {
  host.warn(message, { type });
}
