// All constraints by the names that users give. A new constraint is a file of this folder and an export here.

export { maxNorm } from './max-norm.ts';
export { nonNeg } from './non-neg.ts';
export { unitNorm } from './unit-norm.ts';
