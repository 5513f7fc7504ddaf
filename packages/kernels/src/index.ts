// Emits the SIMD functions that plans are made of, each over a range of tiles.

export { joinAlike } from './alike.ts';
export { argReduce } from './arg-reduce.ts';
export { argsort } from './argsort.ts';
export { checkIndices, readRecord } from './check-indices.ts';
export type { ConvAxis } from './conv/axis.ts';
export {
  type ConvShape,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  denseSlot,
} from './conv.ts';
export { gather, scatterAdd } from './gather.ts';
export { inSequence } from './in-sequence.ts';
export type {
  Alike,
  Epilogue,
  Kernel,
  KernelFunc,
  Level,
  Location,
  Operand,
  Present,
  Refusal,
  Region,
  Slot,
  View,
  Word,
  Work,
} from './kernel.ts';
export type { Lane } from './lane.ts';
export type { LaneProgram } from './lane-program.ts';
export { lanes } from './lanes.ts';
export { levels, type Probe, probe } from './level.ts';
export { cholesky } from './linear-algebra/cholesky.ts';
export { cofactors } from './linear-algebra/cofactors.ts';
export { eigen } from './linear-algebra/eigen.ts';
export { determinant, solve } from './linear-algebra/eliminate.ts';
export { orthonormalize } from './linear-algebra/orthonormalize.ts';
export { singular } from './linear-algebra/singular.ts';
export {
  cos,
  erf,
  erfc,
  exp,
  expm1,
  log,
  log1p,
  normalPair,
  pow,
  sigmoid,
  sin,
  softplus,
  tan,
  tanh,
} from './math/index.ts';
export { matmul } from './matmul.ts';
export { averagePool, averagePoolSpread, maxPool, maxPoolPick, maxPoolSpread, type PoolShape } from './pool.ts';
export { type Combine, reduce, shouldLieFirst } from './reduce.ts';
export { region } from './region.ts';
export { type Quarter, quarterOf, type Round } from './round.ts';
export { rowKernel } from './row-kernel.ts';
export { firstPlaces, hashSize, setRows, sumRepeated } from './row-lists.ts';
export type { RowProgram, RowResult, RowStep, RowValue } from './row-program.ts';
export { runningSum } from './scan.ts';
export { operandKey, overWindow, Window } from './window.ts';
