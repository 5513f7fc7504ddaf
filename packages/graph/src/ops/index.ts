// All ops. This module is the list of ops (as `keyof typeof ops`); there is no other list.

export { arange } from './elementwise/arange.ts';
export { abs, add, div, mul, neg, reciprocal, sign, square, sub } from './elementwise/arithmetic.ts';
export { cast } from './elementwise/cast.ts';
export {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
  where,
} from './elementwise/comparison.ts';
export { erf, erfc } from './elementwise/erf.ts';
export { exp, expm1, log, log1p, sigmoid, softplus, tanh } from './elementwise/exponential.ts';
export { clip, maximum, minimum } from './elementwise/maximum.ts';
export { mod } from './elementwise/mod.ts';
export { pow, rsqrt, sqrt } from './elementwise/power.ts';
export { randomNormal, randomUniform, uniform01 } from './elementwise/random.ts';
export { relu } from './elementwise/relu.ts';
export { ceil, floor, round } from './elementwise/rounding.ts';
export { stopGradient } from './elementwise/stop-gradient.ts';
export { cos, sin, tan } from './elementwise/trigonometric.ts';
export { gather, scatterAdd } from './indexing/gather.ts';
export { oneHot } from './indexing/one-hot.ts';
export { argsort, sort, topK } from './indexing/sort.ts';
export { cholesky } from './linear-algebra/cholesky.ts';
export { det } from './linear-algebra/det.ts';
export { eigh } from './linear-algebra/eigh.ts';
export { inv } from './linear-algebra/inv.ts';
export { lstsq } from './linear-algebra/lstsq.ts';
export { matmul } from './linear-algebra/matmul.ts';
export { qr } from './linear-algebra/qr.ts';
export { solve } from './linear-algebra/solve.ts';
export { svd } from './linear-algebra/svd.ts';
export { concat } from './moves/concat.ts';
export { flip } from './moves/flip.ts';
export { expandDims, reshape, squeeze } from './moves/reshape.ts';
export { pad, slice } from './moves/slice-and-pad.ts';
export { split } from './moves/split.ts';
export { stack } from './moves/stack.ts';
export { tile } from './moves/tile.ts';
export { transpose } from './moves/transpose.ts';
export { all, any } from './reduce/any-and-all.ts';
export { argmax, argmin } from './reduce/argmax.ts';
export { cumsum } from './reduce/cumsum.ts';
export { logSumExp } from './reduce/log-sum-exp.ts';
export { max, min } from './reduce/max-and-min.ts';
export { mean, std, variance } from './reduce/mean-and-variance.ts';
export { prod } from './reduce/prod.ts';
export { logSoftmax, softmax } from './reduce/softmax.ts';
export { standardize } from './reduce/standardize.ts';
export { broadcastTo, sum, sumTo } from './reduce/sum-and-broadcast.ts';
export { conv1d } from './windows/conv1d.ts';
export { conv2d, conv2dTranspose } from './windows/conv2d.ts';
export { depthwiseConv2d } from './windows/depthwise-conv2d.ts';
export { averagePool2d, maxPool2d } from './windows/pool2d.ts';
export { resize } from './windows/resize.ts';
