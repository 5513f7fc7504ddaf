// All regularizers by the names that users give; each is called without arguments. A new regularizer is a file of this folder and
// an export here.

export { l1, l1l2ByDefault as l1l2, l2 } from './l1-l2.ts';
