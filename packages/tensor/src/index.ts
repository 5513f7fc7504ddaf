// What a user holds: tensors, variables, gradients, compiled functions.

export { outsideRecording } from '@treadle/compiler';
export {
  type Axes,
  areOptions,
  type Conv1dOptions,
  type ConvOptions,
  type ConvTransposeOptions,
  checkArray,
  checkFunction,
  checkNumber,
  checkNumbers,
  checkShape,
  checkSize,
  type DilatedOptions,
  type Dtype,
  DtypeError,
  type Interpolation,
  inScope,
  isFloat,
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
  scopeName,
  show,
  unknownName,
} from '@treadle/graph';
export { type Compiled, type CompileOptions, compile } from './compile/compile.ts';
export { rehearse } from './compile/rehearse.ts';
export type { NestedNumbers } from './convert/nested.ts';
export type { Numbers, TensorOptions } from './convert/values.ts';
export { arange, asTensor, eye, full, linspace, ones, tensor, zeros } from './create.ts';
export { type Features, features, type MemoryUse, memory, setThreads, shutdown, threads } from './engine.ts';
export {
  add,
  concat,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  matmul,
  maximum,
  minimum,
  mod,
  mul,
  notEqual,
  pow,
  type Standardized,
  type StandardizeOptions,
  stack,
  standardize,
  sub,
  where,
} from './functions.ts';
export { type Explanation, explain } from './inspect/explain.ts';
export {
  type Profile,
  type ProfiledKernel,
  type ProfileOptions,
  profile,
  type ThreadShare,
} from './inspect/profile.ts';
export { cholesky, det, eigh, inv, lstsq, qr, solve, svd } from './linear-algebra.ts';
export { type NormalOptions, randomNormal, randomUniform, type Seed, setSeed, type UniformOptions } from './random.ts';
export { lookUp } from './rows/look-up.ts';
export { type RowGradients, type RowList, rowGradients, setRows, takeRows } from './rows/row-lists.ts';
export { closeRows, gatherRows, type OpenRows, openRows, rowsInPlace } from './rows/rows.ts';
export { Tensor, type TensorData, type TensorLike } from './tensor.ts';
export { checkpoint } from './transform/checkpoint.ts';
export { type GradientArguments, type GradientsOf, grad, gradients, valueAndGrad } from './transform/gradients.ts';
export { type ScanOptions, scan } from './transform/scan.ts';
export { Variable, type VariableOptions, variable } from './variable.ts';
