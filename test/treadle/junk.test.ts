// Every exported function, called with arbitrary arguments, returns a result or throws one of our own errors. It never
// throws an internal error of JavaScript, and later results are still right.

import fc from 'fast-check';
import * as treadle from 'treadle';
import { afterAll, expect, test } from 'vitest';
import { isRefusal } from '../tensor/refusal.ts';

type Anything = (...args: readonly unknown[]) => unknown;

const { tensor, Tensor } = treadle;
const threads = treadle.threads();
afterAll(() => treadle.setThreads(threads));

/** Functions with effects on the whole process: one starts threads, the other stops them. */
const notCalled = new Set(['setThreads', 'shutdown']);

/** Methods that only the engine calls, with its own arguments. */
const calledByUs = /^(on[A-Z]|checkTargets$|warningFor$|constructor$|inspect$)/;

const isClass = (f: Anything): boolean => /^class\b/.test(Function.prototype.toString.call(f));

/** All exported functions by path: `dense`, `metrics.auc`. */
const exported = Object.entries(treadle).flatMap(([name, found]): (readonly [string, Anything])[] => {
  if (typeof found === 'function') return isClass(found as Anything) ? [] : [[name, found as Anything]];
  return Object.entries(found).map(([inner, f]) => [`${name}.${inner}`, f as Anything]);
});

/** Objects with methods. A new one is made for each call. */
const makers: Readonly<Record<string, () => unknown>> = {
  tensor: () =>
    tensor([
      [1, 2],
      [3, 4],
    ]),
  integers: () => tensor([2, 0, 1], { dtype: 'int32' }),
  bytes: () => tensor([2, 0, 1], { dtype: 'uint8' }),
  halves: () => tensor([2, 0.5, 1], { dtype: 'float16' }),
  variable: () => treadle.variable([1, 2, 3]),
  dense: () => treadle.dense(2),
  lstm: () => treadle.lstm(2),
  rnn: () => treadle.rnn([treadle.lstmCell(2), treadle.gruCell(3)], { stateful: true }),
  cell: () => treadle.gruCell(2),
  attention: () => treadle.multiHeadAttention(2, 2),
  encoder: () => treadle.transformerEncoder(4, 1),
  wrapper: () => treadle.bidirectional(treadle.gru(2)),
  optimizer: () => treadle.adam(),
  scaler: () => treadle.standardScaler(),
  rows: () => treadle.dataset([[1], [2]], [0, 1], { batchSize: 2 }),
  table: () => treadle.parseCsv('1,2\n3,4'),
  metric: () => treadle.metrics.binaryAccuracy(),
  model: () => {
    const model = treadle.sequential([treadle.dense(2, { inputShape: [2] })]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    return model;
  },
  unbuilt: () => treadle.sequential([treadle.flatten(), treadle.dense(1)]),
};

const methods = Object.entries(makers).flatMap(([made, make]) =>
  methodsOf(make()).map(([name]): readonly [string, Anything] => [
    `${made}.${name}`,
    (...args) => new Map(methodsOf(make())).get(name)?.(...args),
  ]),
);

/** An arbitrary argument. It is made anew for each call, so that no call sees changes by another. */
interface Junk {
  readonly name: string;
  readonly make: () => unknown;
}

const junk = (name: string, make: () => unknown): Junk => ({ name, make });
const numbers = [
  0,
  1,
  2,
  3,
  8,
  -1,
  -7,
  0.5,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 31,
  -(2 ** 40),
  2 ** 53,
  1e300,
];
const texts = ['', 'relu', 'int32', 'float32', 'sum', 'toString', '__proto__', 'x'.repeat(500), 'a,b\n1,2'];
const cyclic = (): unknown => {
  const loop: unknown[] = [];
  loop.push(loop);
  return loop;
};

const plain: readonly Junk[] = [
  ...[undefined, null, true, false, ...numbers, ...texts].map((x) => junk(String(x).slice(0, 12), () => x)),
  junk('5n', () => 5n),
  junk('a symbol', () => Symbol('s')),
  junk('[]', () => []),
  junk('[2, 3]', () => [2, 3]),
  junk('[[1, 2], [3, 4]]', () => [
    [1, 2],
    [3, 4],
  ]),
  junk('rows of unequal length', () => [[1, 2], [3]]),
  junk('[1, [2]]', () => [1, [2]]),
  junk('holes', () => new Array(3)),
  junk('of texts', () => ['a', 'b']),
  junk('of symbols', () => [Symbol('s'), 1n, null]),
  junk('{}', () => ({})),
  junk('no prototype', () => Object.assign(Object.create(null), { axis: 1 })),
  junk('{ axis }', () => ({ axis: 1 })),
  junk('{ x, y }', () => ({ x: [[1, 2]], y: [1] })),
  junk('a Date', () => new Date(0)),
  junk('a Map', () => new Map([[1, 2]])),
  junk('a Set', () => new Set([1])),
  junk('a promise', () => Promise.resolve(1)),
  junk('an Error', () => new Error('mine')),
  junk('an expression', () => /x/),
  junk('a proxy', () => new Proxy({}, {})),
  junk('a proxy of an array', () => new Proxy([1, 2], {})),
  junk(
    'an instance',
    () =>
      new (class Own {
        readonly name = 'own';
      })(),
  ),
  junk('x => x', () => (x: unknown) => x),
  junk('() => undefined', () => () => undefined),
  junk('() => 1n', () => () => 1n),
  junk('Float32Array', () => new Float32Array([1, 2])),
  junk('Int32Array', () => new Int32Array([1, 0])),
  junk('Uint8Array', () => new Uint8Array([0, 0, 8, 1, 0, 0, 0, 1, 7])),
  junk('Float64Array', () => new Float64Array(3)),
  junk('BigInt64Array', () => new BigInt64Array(2)),
  junk('DataView', () => new DataView(new ArrayBuffer(8))),
  junk('ArrayBuffer', () => new ArrayBuffer(8)),
  ...[[], [0], [2], [2, 3], [0, 3], [1, 2, 3], [2, 4, 4, 1], [1, 1, 1, 1, 1]].flatMap((shape) => [
    junk(`zeros ${shape}`, () => treadle.zeros(shape)),
    junk(`int32 ${shape}`, () => treadle.ones(shape, { dtype: 'int32' })),
  ]),
  junk('bool [2]', () => tensor([true, false])),
  junk('uint8 [2]', () => tensor([1, 0], { dtype: 'uint8' })),
  junk('float16 [2, 3]', () => treadle.ones([2, 3], { dtype: 'float16' })),
  junk('a variable', () => treadle.variable([1, 2])),
  junk('a layer', () => treadle.dense(2)),
  junk('lstm', () => treadle.lstm(2)),
  junk('an input', () => treadle.input([3])),
  junk('a model', () => treadle.sequential([treadle.dense(2, { inputShape: [3] })])),
  junk('adam', () => treadle.adam()),
  junk('a loss', () => treadle.meanSquaredError()),
  junk('a metric', () => treadle.metrics.auc()),
  junk('cyclic', cyclic),
];

const names = `
  axis shape dtype name seed units activation strides padding dilation dilationRate groups outputPadding keepDims interpolation
  kernelInitializer kernelRegularizer kernelConstraint activityRegularizer inputShape useBias dropout returnSequences mergeMode
  sharedAxes epsilon momentum center maskZero training mask masks addLoss transposeA descending capacity runs trainable constraint
  optimizer loss lossWeights metrics epochs batchSize sampleWeight classWeight validationData validationSplit shuffle callbacks
  verbose inputs outputs x y target columns targetDtype classes header delimiter quote comment skipLines encoding testSize range
  beta1 rho clipNorm globalClipNorm weightDecay emaMomentum rateScale alpha gamma delta staircase mode tMul endRate riseShare
  fromLogits labelSmoothing reduction threshold average curve k mean stddev min max scale distribution gain l1 l2 approximate
  monitor minDelta patience factor minLR restoreBestWeights`;
const anything: fc.Arbitrary<Junk> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...plain) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...names.trim().split(/\s+/)), fc.constantFrom(...plain))
      .map(([name, { name: value, make }]) => junk(`{ ${name}: ${value} }`, () => ({ [name]: make() }))),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(...plain), { maxLength: 3 })
      .map((parts) => junk(`[${parts.map(({ name }) => name)}]`, () => parts.map(({ make }) => make()))),
  },
);
const call = fc.record({
  f: fc.constantFrom(...exported.filter(([name]) => !notCalled.has(name)), ...methods),
  args: fc.array(anything, { maxLength: 4 }),
  /** which method of the result is called next, and with which arguments */
  next: fc.nat({ max: 1000 }),
  more: fc.array(anything, { maxLength: 3 }),
});

/** What was thrown, or undefined. A promise is awaited. */
async function errorOf(run: () => unknown, take: (result: unknown) => void): Promise<unknown> {
  try {
    take(await run());
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Whether the methods of x belong to JavaScript: arrays, typed arrays, iterators. */
function isOfEngine(x: object): boolean {
  return Array.isArray(x) || ArrayBuffer.isView(x) || Symbol.iterator in x;
}

/** The functions that can be called next: the result itself, or its methods. */
function methodsOf(result: unknown): readonly (readonly [string, Anything])[] {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null || isOfEngine(result)) return [];
  const found: [string, Anything][] = typeof result === 'function' ? [['()', result as Anything]] : [];
  for (let x = result; x !== null && x !== Object.prototype && x !== Function.prototype; x = Object.getPrototypeOf(x)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(x))) {
      if (typeof value === 'function' && !isClass(value)) found.push([name, value.bind(result)]);
    }
  }
  return found.filter(([name]) => !calledByUs.test(name));
}

/** Reads a small tensor: it must have as many elements as its shape says. */
function read(x: unknown): void {
  if (x instanceof Tensor && x.size < 1e5) expect(x.data()).toHaveLength(x.size);
}

const w = [
  [1, 2],
  [3, 4],
];

/** A product, a gradient and a compiled function of small whole numbers must still be exact. */
function expectRight(): void {
  const step = treadle.compile((t: treadle.Tensor) => t.matmul(w).sum(0));
  expect(step(tensor(w)).toArray()).toEqual([22, 32]);
  expect(
    treadle
      .grad((t) => t.square().sum())(w)
      .toArray(),
  ).toEqual([
    [2, 4],
    [6, 8],
  ]);
}

/** Calls f and returns its result. Fails for an error that is none of ours. */
async function outcomeOf(told: string, f: Anything, given: readonly unknown[]): Promise<unknown> {
  let result: unknown;
  const error = await errorOf(
    () => f(...given),
    (x) => {
      result = x;
      read(x);
    },
  );
  if (error !== undefined) expect(isRefusal(error), `${told}: ${String(error)}`).toBe(true);
  return given.includes(result) ? undefined : result;
}

/** Calls the result, or a method of it, with arbitrary arguments. */
async function callNext(told: string, result: unknown, next: number, more: readonly Junk[]): Promise<void> {
  const found = methodsOf(result);
  const [method, run] = found[next % found.length] ?? [];
  if (!run) return;
  const all = `${told}.${method}(${more.map((arg) => arg.name).join(', ')})`;
  await outcomeOf(
    all,
    run,
    more.map(({ make }) => make()),
  );
}

const runs = (many: number): number => (process.env.TREADLE_TEST_LONG ? 50 * many : many);
let calls = 0;

test('every function returns a result or throws one of our errors for arbitrary arguments, and later results are right', async () => {
  const property = fc.asyncProperty(call, async ({ f: [name, f], args, next, more }) => {
    const told = `${name}(${args.map((arg) => arg.name).join(', ')})`;
    const result = await outcomeOf(
      told,
      f,
      args.map(({ make }) => make()),
    );
    await callNext(told, result, next, more);
    if (++calls % 50 === 0) expectRight();
  });
  await fc.assert(property, { numRuns: runs(1_500) });
}, 1_800_000);

/** Arguments that some functions take before their options. */
const befores: readonly (() => readonly unknown[])[] = [
  () => [],
  () => [2],
  () => [2, 3],
  () => [0.5, 2, 3],
  () => [[2, 3]],
  () => ['relu'],
  () => ['1,2'],
  () => [(x: unknown) => x],
  () => [treadle.lstm(2)],
  () => [treadle.ones([2, 4, 4, 1])],
  () => [treadle.ones([2, 2]), treadle.ones([2, 2])],
  () => [treadle.ones([2, 2]), [0]],
];

/** Functions with arguments that reach their options, and the names of these, as the error for an unknown one tells. */
const optional: { name: string; f: Anything; before: () => readonly unknown[]; known: readonly string[] }[] = [];
for (const [name, f] of [...exported, ...methods]) {
  for (const before of befores) {
    const error = await errorOf(
      () => f(...before(), { qqqqqqqq: 1 }),
      () => undefined,
    );
    const [, known] = /unknown option "qqqqqqqq"; it must be one of (.*)$/.exec(String(error)) ?? [];
    if (!known) continue;
    // `op` is not tested: it only sets the beginning of messages
    optional.push({ name, f, before, known: known.split(', ').filter((option) => option !== 'op') });
    break;
  }
}

test('every option leads to a result or one of our errors for arbitrary values, and later results are right', async () => {
  expect(optional.length).toBeGreaterThan(100);
  const given = fc.constantFrom(...optional).chain((found) =>
    fc.record({
      found: fc.constant(found),
      options: fc.array(fc.tuple(fc.constantFrom(...found.known), anything), { minLength: 1, maxLength: 3 }),
      next: fc.nat({ max: 1000 }),
      more: fc.array(anything, { maxLength: 2 }),
    }),
  );
  const property = fc.asyncProperty(given, async ({ found: { name, f, before }, options, next, more }) => {
    const told = `${name}(…, { ${options.map(([option, value]) => `${option}: ${value.name}`).join(', ')} })`;
    const made = Object.fromEntries(options.map(([option, { make }]) => [option, make()]));
    const result = await outcomeOf(told, f, [...before(), made]);
    // call a layer with an input that may fit it
    const called: unknown = typeof result === 'function' ? Reflect.get(result, 'call') : undefined;
    if (typeof called === 'function' && Object.hasOwn(Object(result), 'build')) {
      const input = treadle.ones(next % 2 === 0 ? [2, 4, 3] : [2, 4, 4, 3]);
      await outcomeOf(`${told}.call(${input.shape})`, (x) => called.call(result, x), [input]);
    }
    await callNext(told, result, next, more);
    if (++calls % 50 === 0) expectRight();
  });
  await fc.assert(property, { numRuns: runs(500) });
}, 1_800_000);
