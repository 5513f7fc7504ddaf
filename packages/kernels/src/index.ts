// Emits the SIMD functions that plans are made of, each over a range of tiles.

export type { ConvAxis } from './conv/axis.ts';
export {
  type ConvShape,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
} from './conv/index.ts';
export { AddressList, operandKey, withAddresses } from './core/address-list.ts';
export { chainKernels } from './core/chained-kernel.ts';
export { denseStrides, sizeOf } from './core/collapse-dims.ts';
export { bytesOf, type Format, float16, type Lane, mask8, type Narrow, uint8 } from './core/format.ts';
export type {
  Epilogue,
  Kernel,
  KernelFunc,
  Level,
  Location,
  MultiTensor,
  Operand,
  Present,
  Refusal,
  Region,
  Slot,
  View,
  Word,
  Work,
} from './core/kernel.ts';
export type { LaneExpression } from './core/lane-expression.ts';
export { denseSlot } from './elementwise/copy.ts';
export { type IndexBlock, type Quarter, quarterOf } from './elementwise/index-block.ts';
export { lanes } from './elementwise/kernel.ts';
export { joinMultiTensor } from './elementwise/multi-tensor.ts';
export { region } from './elementwise/region.ts';
export { argsort } from './indexing/argsort.ts';
export { checkIndices, readRecord } from './indexing/check-indices.ts';
export { gather, scatterAdd } from './indexing/gather.ts';
export { firstOccurrences, hashSize, setRows, sumRepeated } from './indexing/row-lists.ts';
export { levels, type Probe, probe } from './instruction-probe.ts';
export { cholesky } from './linear-algebra/cholesky.ts';
export { cofactors } from './linear-algebra/cofactors.ts';
export { eigen } from './linear-algebra/eigen.ts';
export { determinant, solve } from './linear-algebra/lu.ts';
export { orthonormalize } from './linear-algebra/orthonormalize.ts';
export { singular } from './linear-algebra/singular.ts';
export {
  cos,
  erf,
  erfc,
  exp,
  expm1,
  integerMod,
  integerPower,
  log,
  log1p,
  mod,
  pow,
  randomNormal,
  randomUniform,
  sigmoid,
  sin,
  softplus,
  tan,
  tanh,
  type WordPair,
} from './math/index.ts';
export { matmul } from './matmul/index.ts';
export {
  averagePool,
  averagePoolSpread,
  maxPool,
  maxPoolPick,
  maxPoolSpread,
  type PoolShape,
} from './pooling/index.ts';
export { argReduce } from './reduce/arg-reduce.ts';
export { runningSum } from './reduce/cumsum.ts';
export { type Combine, reduce, shouldLieFirst } from './reduce/reduce.ts';
export { rowKernel } from './row-fusion/kernel.ts';
export type { RowFusion, RowResult, RowStage, RowValue } from './row-fusion/program.ts';
