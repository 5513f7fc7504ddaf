// What a user holds: tensors, variables, gradients, compiled functions.

import './methods.ts';
import './protocols.ts';

export { outsideRecording } from '@treadle/compiler';
export {
  type Axes,
  areOptions,
  byName,
  type Config,
  type Configured,
  type Conv1dOptions,
  type ConvOptions,
  type ConvTransposeOptions,
  checkArray,
  checkFunction,
  checkName,
  checkNumber,
  checkNumbers,
  checkOptions,
  checkShape,
  checkSize,
  configOf,
  type DilatedOptions,
  type Dtype,
  DtypeError,
  FormatError,
  type Interpolation,
  inScope,
  isConfig,
  isFloat,
  isNameIn,
  type MakerOf,
  type MatmulOptions,
  nearest,
  type OptionKinds,
  type Padding,
  type Pair,
  type PoolOptions,
  type ReduceOptions,
  readOptions,
  type Shape,
  ShapeError,
  type SortOptions,
  type StoredArray,
  scopeName,
  show,
  showShape,
  sizeOf,
  unknownName,
  withConfig,
} from '@treadle/graph';
export { type Compiled, type CompileOptions, compile } from './compile/compile.ts';
export { rehearse } from './compile/rehearse.ts';
export type { NestedNumbers } from './convert/nested.ts';
export { newStoredArray, type OpenElements, openElements, tensorOfStored } from './convert/stored.ts';
export type { Numbers, TensorOptions } from './convert/values.ts';
export { arange, asTensor, eye, full, linspace, ones, tensor, zeros } from './create.ts';
export { derived, itemSoon, whenKnown } from './derived.ts';
export {
  type Features,
  features,
  type MemoryUse,
  memory,
  setThreads,
  shutdown,
  type ThreadOptions,
  threads,
} from './engine.ts';
export * from './functions/index.ts';
export { type Explanation, explain } from './inspect/explain.ts';
export {
  type Profile,
  type ProfiledKernel,
  type ProfileOptions,
  profile,
  type ThreadShare,
} from './inspect/profile.ts';
export { concat, stack } from './join.ts';
export { cholesky, det, eigh, inv, lstsq, qr, solve, svd } from './linear-algebra.ts';
export type { TensorLike } from './operand.ts';
export { type NormalOptions, randomNormal, randomUniform, type Seed, setSeed, type UniformOptions } from './random.ts';
export { lookUp } from './rows/look-up.ts';
export { type RowGradients, type RowList, rowGradients, setRows, takeRows } from './rows/row-lists.ts';
export { closeRows, gatherRows, type OpenRows, openRows, rowsInPlace } from './rows/rows.ts';
export { type Standardized, type StandardizeOptions, standardize } from './standardize.ts';
export { Tensor, type TensorData } from './tensor.ts';
export { checkpoint } from './transform/checkpoint.ts';
export { type GradientArguments, type GradientsOf, grad, gradients, valueAndGrad } from './transform/gradients.ts';
export { type ScanOptions, scan } from './transform/scan.ts';
export { Variable, type VariableOptions, variable } from './variable.ts';
export { warn } from './warn.ts';
