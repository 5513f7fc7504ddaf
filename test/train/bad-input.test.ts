// What users get wrong: each is told in the form `op: rule; got …`, before any weight has changed.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { meanSquaredError } from '@treadle/losses';
import { metrics } from '@treadle/metrics';
import { dense, flatten } from '@treadle/nn';
import { ones, tensor, zeros } from '@treadle/tensor';
import { earlyStopping, type Model, sequential } from '@treadle/train';
import { FormatError, parseCsv, readCsv, readIdx } from 'treadle';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bitsOf, classifier, differenceOf, labelled, linear, regression } from './models.ts';

const form = /^[\w()]+: [^;]+; got .+/s;

/** Calls that TypeScript would not let through: what a user of JavaScript may write. */
function untyped(object: object, method: string, ...args: unknown[]): unknown {
  return Reflect.apply(Reflect.get(object, method), object, args);
}

async function errorOf(act: () => unknown): Promise<Error> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

const { x, y } = labelled(12);
const quiet = { verbose: 0 } as const;

interface Case {
  readonly x?: unknown;
  readonly y?: unknown;
  readonly options?: object;
  readonly name: string;
  readonly message: string;
}

/** What is wrong with the data holds for fit and evaluate alike. */
const wrongData: Record<string, Case> = {
  'rows of another length': {
    x: zeros([12, 5]),
    name: 'ShapeError',
    message: ': a row must have the shape that the model was built for, [4]; got [5] in x [12, 5]',
  },
  'rows with an axis more': {
    x: zeros([12, 4, 1]),
    name: 'ShapeError',
    message: ': a row must have the shape that the model was built for, [4]; got [4, 1] in x [12, 4, 1]',
  },
  'a single number': { x: 3, name: 'ShapeError', message: ': x must have rows; got the shape []' },
  'rows of unequal length': {
    x: [[1, 2], [3]],
    name: 'ShapeError',
    message: 'tensor: rows must have equal lengths; got 2 at [0], 1 at [1]',
  },
  'more rows than targets': {
    y: y.slice([0], [11]),
    name: 'ShapeError',
    message: ': x and y must have the same number of rows; got 12 and 11',
  },
  'no rows': {
    x: zeros([0, 4]),
    y: zeros([0], { dtype: 'int32' }),
    name: 'RangeError',
    message: ': data must have at least one row; got 0',
  },
  'a label that is no class': {
    y: tensor(Int32Array.from({ length: 12 }, (_, i) => (i === 7 ? 3 : 0))),
    name: 'RangeError',
    message: ': a class label must be a whole number from 0 to 2; got 3 in row 7',
  },
  'a negative label': {
    y: tensor(Int32Array.from({ length: 12 }, (_, i) => (i === 2 ? -1 : 0))),
    name: 'RangeError',
    message: ': a class label must be a whole number from 0 to 2; got -1 in row 2',
  },
  'a fractional label': {
    y: Array.from({ length: 12 }, (_, i) => (i === 5 ? 1.5 : 1)),
    name: 'RangeError',
    message: ': a class label must be a whole number from 0 to 2; got 1.5 in row 5',
  },
  'a label that is not a number': {
    y: Array.from({ length: 12 }, (_, i) => (i === 9 ? Number.NaN : 1)),
    name: 'RangeError',
    message: ': y must hold finite numbers; got NaN in row 9',
  },
  'labels of true and false': {
    y: Array.from({ length: 12 }, (_, i) => i % 2 === 0),
    name: 'DtypeError',
    message: 'sparseCategoricalCrossentropy: labels must be whole numbers; got bool; ',
  },
  'one-hot targets for a loss of labels': {
    y: zeros([12, 3]),
    name: 'ShapeError',
    message:
      'sparseCategoricalCrossentropy: yTrue must hold a label for each row of yPred; got [12, 3] for [12, 3]; categoricalCrossentropy takes one-hot rows',
  },
  'targets of another shape': {
    y: zeros([12, 2, 2]),
    name: 'ShapeError',
    message: 'sparseCategoricalCrossentropy: yTrue must hold a label for each row of yPred; got [12, 2, 2] for [12, 3]',
  },
  'a batch of no rows': {
    options: { batchSize: 0 },
    name: 'RangeError',
    message: ': batchSize must be a whole number above 0; got 0',
  },
  'a negative batch': {
    options: { batchSize: -32 },
    name: 'RangeError',
    message: ': batchSize must be a whole number above 0; got -32',
  },
  'a fractional batch': {
    options: { batchSize: 1.5 },
    name: 'RangeError',
    message: ': batchSize must be a whole number above 0; got 1.5',
  },
};

/** What only fit can be told. */
const wrongOptions: Record<string, Case> = {
  'no epochs': { options: { epochs: 0 }, name: 'RangeError', message: ': epochs must be a whole number ≥ 1; got 0' },
  'negative epochs': {
    options: { epochs: -1 },
    name: 'RangeError',
    message: ': epochs must be a whole number ≥ 1; got -1',
  },
  'fractional epochs': {
    options: { epochs: 2.5 },
    name: 'RangeError',
    message: ': epochs must be a whole number ≥ 1; got 2.5',
  },
  'a split of everything': {
    options: { validationSplit: 1 },
    name: 'RangeError',
    message: ': validationSplit must be at least 0 and less than 1; got 1',
  },
  'a negative split': {
    options: { validationSplit: -0.1 },
    name: 'RangeError',
    message: ': validationSplit must be at least 0 and less than 1; got -0.1',
  },
  'a split that is not a number': {
    options: { validationSplit: Number.NaN },
    name: 'RangeError',
    message: ': validationSplit must be at least 0 and less than 1; got NaN',
  },
  'a split that leaves a side empty': {
    options: { validationSplit: 0.99 },
    name: 'RangeError',
    message: ': validationSplit must leave rows on both sides; got 0.99 of 12 rows',
  },
  'a seed that is none': {
    options: { seed: -1 },
    name: 'RangeError',
    message: ': seed must be a whole number from 0 to 2^53 − 1; got -1',
  },
  'a verbosity that is none': {
    options: { verbose: 3 },
    name: 'RangeError',
    message: ': verbose must be 0, 1, 2 or auto; got 3',
  },
  'validationData without targets': {
    options: { validationData: [x] },
    name: 'RangeError',
    message: ': validationData must be { x, y }, or an array of x, y and perhaps sampleWeight; got an array of 1',
  },
  'validationData as another object': {
    options: { validationData: { x, targets: y } },
    name: 'RangeError',
    message: ': validationData must be { x, y }, or an array of x, y and perhaps sampleWeight; got an object',
  },
  'validation rows of another length': {
    options: { validationData: [zeros([3, 5]), [0, 1, 2]] },
    name: 'ShapeError',
    message: 'fit(validationData): a row must have the shape that the model was built for, [4]; got [5] in x [3, 5]',
  },
  'validation rows without a target each': {
    options: { validationData: [zeros([3, 4]), [0, 1]] },
    name: 'ShapeError',
    message: 'fit(validationData): x and y must have the same number of rows; got 3 and 2',
  },
  'validation labels that are no classes': {
    options: { validationData: [zeros([3, 4]), [0, 1, 9]] },
    name: 'RangeError',
    message: 'fit(validationData): a class label must be a whole number from 0 to 2; got 9 in row 2',
  },
  'a figure to watch that there is not': {
    options: { callbacks: [earlyStopping()] },
    name: 'RangeError',
    message: 'earlyStopping: monitor must be one of loss, accuracy; got valLoss',
  },
};

describe.each(['fit', 'evaluate'])('%s', (method) => {
  const cases = method === 'fit' ? { ...wrongData, ...wrongOptions } : wrongData;
  test.each(Object.entries(cases))('%s', async (_, wrong) => {
    const model = classifier();
    const before = bitsOf(model);
    const options = { ...(method === 'fit' && { verbose: 0 }), ...wrong.options };
    const error = await errorOf(() => untyped(model, method, wrong.x ?? x, wrong.y ?? y, options));
    const expected = wrong.message.startsWith(':') ? `${method}${wrong.message}` : wrong.message;
    expect(error.message).toContain(expected);
    expect(error.message).toMatch(form);
    expect(error.name).toBe(wrong.name);
    expect(differenceOf(bitsOf(model), before)).toBeUndefined();
    expect(model.optimizer.iterations.item()).toBe(0);
  });
});

test('nothing is printed, and no callback called, before all is known to be right', async () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const onTrainBegin = vi.fn();
  try {
    const training = classifier().fit(x, zeros([12, 2]), { verbose: 2, callbacks: [{ onTrainBegin }] });
    await expect(training).rejects.toThrow('yTrue must hold a label');
    expect(write).not.toHaveBeenCalled();
    expect(onTrainBegin).not.toHaveBeenCalled();
  } finally {
    write.mockRestore();
  }
});

test('a regression refuses targets that are not finite or have another shape', async () => {
  const data = linear(6);
  const infinite = data.y.data().map((value, i) => (i === 4 ? Number.POSITIVE_INFINITY : value));
  const model = regression();
  const before = bitsOf(model);
  await expect(model.fit(data.x, tensor(infinite, { shape: [6, 1] }), quiet)).rejects.toThrow(
    'fit: y must hold finite numbers; got Infinity in row 4',
  );
  await expect(model.fit(data.x, zeros([6, 2]), quiet)).rejects.toThrow(
    'meanSquaredError: yTrue and yPred must have the same shape; got [6, 2] and [6, 1]',
  );
  expect(differenceOf(bitsOf(model), before)).toBeUndefined();
});

describe('predict', () => {
  test.each([
    [
      'rows of another length',
      [zeros([2, 5])],
      'predict: a row must have the shape that the model was built for, [4]; got [5]',
    ],
    ['a single number', [1], 'predict: x must have rows; got the shape []'],
    ['no rows', [zeros([0, 4])], 'predict: data must have at least one row; got 0'],
    ['a fractional batch', [x, { batchSize: 2.5 }], 'predict: batchSize must be a whole number above 0; got 2.5'],
  ])('%s', async (_, args, message) => {
    const error = await errorOf(() => untyped(classifier(), 'predict', ...args));
    expect(error.message).toContain(message);
    expect(error.message).toMatch(form);
  });
});

describe('compile', () => {
  const good = { optimizer: 'sgd', loss: 'mse', metrics: [] };
  test.each([
    ['an unknown optimizer', { optimizer: 'adamm' }, 'optimizer: the name must be one of adadelta, adagrad, adam,'],
    ['no optimizer', { optimizer: undefined }, 'optimizer: the name must be one of adadelta, adagrad, adam,'],
    ['an unknown loss', { loss: 'rmse' }, 'loss: the name must be one of binaryCrossentropy,'],
    ['no loss', { loss: undefined }, 'compile: every output must have a loss; got none for answer'],
    ['an unknown metric', { metrics: ['acuracy'] }, 'metric: the name must be one of acc, accuracy,'],
    ['a metric that was not made by a call', { metrics: [metrics.binaryAccuracy] }, 'metric: the name must be one of'],
    [
      'a metric without an array',
      { metrics: 'mae' },
      'compile: metrics must be an array of metrics or their names; got "mae"',
    ],
    ['a metric twice', { metrics: ['mae', 'mse', 'mae'] }, 'compile: figures must have different names; got mae twice'],
    [
      'a metric called loss',
      { metrics: [metrics.binaryAccuracy({ name: 'loss' })] },
      'compile: figures must have different names; got loss twice',
    ],
  ])('%s', async (_, wrong, message) => {
    const error = await errorOf(() => untyped(classifier(), 'compile', { ...good, ...wrong }));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toContain(message);
    expect(error.message).toMatch(form);
  });

  test('an unknown activation is refused when the layer is made', () => {
    expect(() => untyped({ dense }, 'dense', 4, { activation: 'rellu' })).toThrow(
      /^activation: the name must be one of elu, exponential, .*, tanh; got "rellu"$/,
    );
  });

  test('a loss that was not made by a call, or is more than a number', async () => {
    const model = regression();
    const { x, y } = linear(4);
    untyped(model, 'compile', { ...good, loss: meanSquaredError });
    await expect(model.fit(x, y, quiet)).rejects.toThrow(
      'meanSquaredError: it makes a loss of its options; got a tensor; ',
    );
    model.compile({ optimizer: 'sgd', loss: meanSquaredError({ reduction: 'none' }) });
    await expect(model.fit(x, y, quiet)).rejects.toThrow('fit: the loss must be one number a batch; got [4]; ');
  });

  test.each(['fit', 'evaluate'])('%s before compile', async (method) => {
    const model = sequential([flatten(), dense(2)]);
    const message = `${method}: the model must be compiled; got one that is not; model.compile({ optimizer, loss }) says how it learns`;
    expect((await errorOf(() => untyped(model, method, ones([2, 2]), ones([2, 2])))).message).toBe(message);
  });

  test('the optimizer before compile', () => {
    expect(() => sequential([dense(2)]).optimizer).toThrow(
      'optimizer: the model must be compiled; got one that is not',
    );
  });
});

describe('earlyStopping', () => {
  test.each([
    [{ patience: -1 }, 'earlyStopping: patience must be a whole number ≥ 0; got -1'],
    [{ patience: 1.5 }, 'earlyStopping: patience must be a whole number ≥ 0; got 1.5'],
    [{ minDelta: -1 }, 'earlyStopping: minDelta must be a number ≥ 0; got -1'],
    [{ mode: 'up' }, 'earlyStopping: mode must be min or max; got "up"'],
  ])('%o', (options, message) => {
    expect(() => untyped({ earlyStopping }, 'earlyStopping', options)).toThrow(message);
  });
});

describe('one training at a time', () => {
  async function bothOf(model: Model): Promise<PromiseSettledResult<unknown>[]> {
    return Promise.allSettled([model.fit(x, y, quiet), model.fit(x, y, quiet)]);
  }

  test('a second training of the same model is refused; the first continues', async () => {
    const model = classifier();
    const [first, second] = await bothOf(model);
    expect(first?.status).toBe('fulfilled');
    expect(second).toMatchObject({
      reason: { message: 'fit: a model must end one training before the next; got a second one; await the first' },
    });
    expect(model.optimizer.iterations.item()).toBe(1);
    await model.fit(x, y, quiet);
    expect(model.optimizer.iterations.item()).toBe(2);
  });

  test('after an error a model trains on', async () => {
    const model = classifier();
    const failing = { onEpochEnd: () => Promise.reject(new Error('disk full')) };
    await expect(model.fit(x, y, { ...quiet, callbacks: [failing] })).rejects.toThrow('disk full');
    await expect(model.fit(x, [1], quiet)).rejects.toThrow('got 12 and 1');
    const { history } = await model.fit(x, y, { ...quiet, epochs: 2 });
    expect(history.loss).toHaveLength(2);
  });
});

describe('files', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'treadle-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('an IDX file cut short', () => {
    const path = join(folder, 'labels.idx');
    writeFileSync(path, Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 5, 1, 2, 3]));
    expect(() => readIdx(path)).toThrow(FormatError);
    expect(() => readIdx(path)).toThrow(/must take 13 bytes with its header; got 11; the file is cut short/);
  });

  test('a CSV file cut short', () => {
    const path = join(folder, 'table.csv');
    writeFileSync(path, 'a,b,c\n1,2,3\n4,5');
    expect(() => readCsv(path, { header: true, target: 'c' })).toThrow(FormatError);
    expect(() => parseCsv('a,b\n1,x\n').numbers()).toThrow(FormatError);
  });
});
