// All activations by the names that users give. A new activation is a file of this folder and an export here.

/**
 * Activation functions: `activations.relu(x)` computes, and `activation: activations.relu` gives it to a layer.
 *
 * @module
 */

export { elu } from './elu.ts';
export { exponential } from './exponential.ts';
export { gelu, geluTanh } from './gelu.ts';
export { hardSigmoid } from './hard-sigmoid.ts';
export { leakyRelu } from './leaky-relu.ts';
export { linear } from './linear.ts';
export { logSoftmax } from './log-softmax.ts';
export { mish } from './mish.ts';
export { relu } from './relu.ts';
export { relu6 } from './relu6.ts';
export { selu } from './selu.ts';
export { sigmoid } from './sigmoid.ts';
export { softmax } from './softmax.ts';
export { softplus } from './softplus.ts';
export { softsign } from './softsign.ts';
export { swish, swish as silu } from './swish.ts';
export { tanh } from './tanh.ts';
