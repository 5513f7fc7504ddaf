// Functions that compute a tensor from a tensor. Each is a method of Tensor as well (methods.ts); so this index must export
// functions alone whose first argument is a tensor.

export * from './activations.ts';
export * from './arithmetic.ts';
export * from './comparison.ts';
export * from './elementary.ts';
export * from './indexing.ts';
export * from './matmul.ts';
export * from './reductions.ts';
export * from './shapes.ts';
export * from './windows.ts';
