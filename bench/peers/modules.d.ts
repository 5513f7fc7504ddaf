// The parts of the peers' interfaces that the bench uses. The peers are installed only when the suite is run, so their
// own declarations may be missing.

declare module '@tensorflow/tfjs-backend-cpu';
declare module '@tensorflow/tfjs-backend-wasm';
declare module '@tensorflow/tfjs-layers';

declare module '@tensorflow/tfjs-core' {
  export interface Tensor {
    readonly shape: number[];
    dataSync(): Float32Array;
    dispose(): void;
  }
  export interface Optimizer {
    minimize(f: () => Tensor, returnCost: boolean, variables: readonly Tensor[]): Tensor | null;
  }
  type Unary = (x: Tensor) => Tensor;
  type Binary = (a: Tensor, b: Tensor) => Tensor;
  export const matMul: Binary;
  export const add: Binary;
  export const mul: Binary;
  export const tanh: Unary;
  export const sigmoid: Unary;
  export const relu: Unary;
  export const softmax: Unary;
  export const transpose: Unary;
  export function conv2d(x: Tensor, w: Tensor, strides: number, padding: 'same' | 'valid'): Tensor;
  export function maxPool(x: Tensor, size: number, strides: number, padding: 'same' | 'valid'): Tensor;
  export function reshape(x: Tensor, shape: readonly number[]): Tensor;
  export function sum(x: Tensor, axis?: number): Tensor;
  export function oneHot(labels: Tensor, depth: number): Tensor;
  export function tensor(values: Float32Array, shape: readonly number[], dtype?: 'float32' | 'int32'): Tensor;
  export function variable(initial: Tensor): Tensor;
  export function tidy<T>(f: () => T): T;
  export function disposeVariables(): void;
  export function setBackend(name: string): Promise<boolean>;
  export function ready(): Promise<void>;
  export const losses: { readonly meanSquaredError: Binary; readonly softmaxCrossEntropy: Binary };
  export const train: { adam(rate: number, beta1: number, beta2: number, epsilon: number): Optimizer };
}

declare module '@jax-js/jax' {
  export interface Array {
    readonly ref: Array;
    readonly shape: number[];
    add(other: Array | number): Array;
    sub(other: Array | number): Array;
    mul(other: Array | number): Array;
    div(other: Array | number): Array;
    sum(axis?: number): Array;
    mean(axis?: number): Array;
    reshape(shape: readonly number[]): Array;
    blockUntilReady(): Promise<Array>;
    data(): Promise<Float32Array>;
    dispose(): void;
  }
  export function init(...devices: string[]): Promise<string[]>;
  export function jit<F extends (...args: never[]) => unknown>(f: F): F;
  export function valueAndGrad<P, A extends readonly unknown[]>(
    f: (parameters: P, ...rest: A) => Array,
  ): (parameters: P, ...rest: A) => [Array, P];
  export const numpy: {
    array(values: Float32Array | number): Array;
    zeros(shape: readonly number[]): Array;
    matmul(a: Array, b: Array): Array;
    tanh(x: Array): Array;
    sqrt(x: Array): Array;
    square(x: Array): Array;
    transpose(x: Array, axes?: number[]): Array;
    max(x: Array, axis: number[]): Array;
  };
  export const lax: {
    conv(images: Array, weights: Array, strides: number[], padding: 'SAME' | 'VALID'): Array;
  };
  export const nn: {
    relu(x: Array): Array;
    sigmoid(x: Array): Array;
    softmax(x: Array, axis: number): Array;
    logSoftmax(x: Array): Array;
  };
}

declare module 'onnxruntime-web' {
  interface OrtTensor {
    readonly data: Float32Array;
  }
  interface Session {
    readonly inputNames: readonly string[];
    run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  }
  export interface OrtModule {
    readonly env: { readonly wasm: { numThreads?: number } };
    readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor;
    readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  }
  export const env: OrtModule['env'];
  export const Tensor: OrtModule['Tensor'];
  export const InferenceSession: OrtModule['InferenceSession'];
}

declare module 'onnxruntime-node' {
  export { env, InferenceSession, Tensor } from 'onnxruntime-web';
}
