// The laws that the output of each example must obey. They follow from the theory that the example demonstrates, not
// from earlier output. Where a bound is no formula of the theory, it lies between the theoretical value and a value
// that would contradict the theory.

import { expect } from 'vitest';
import type { PrintedTable } from './tables.ts';

/** The title of each law, and its check of the whole output and of the first two tables in it. */
type Laws = Readonly<Record<string, (stdout: string, first: PrintedTable, second: PrintedTable) => void>>;

/** Φ(z), the cumulative normal distribution, by Simpson's rule on its density; exact to 1e-6 for |z| < 5. */
function normalBelow(z: number): number {
  const [n, from] = [1000, -8];
  const h = (z - from) / n;
  const term = (i: number): number => Math.exp(-((from + i * h) ** 2) / 2) * (i === 0 || i === n ? 1 : i % 2 ? 4 : 2);
  return (Array.from({ length: n + 1 }, (_, i) => term(i)).reduce((a, b) => a + b, 0) * h) / 3 / Math.sqrt(2 * Math.PI);
}

const guessing = Math.log(10); // the cross-entropy of ten equally likely classes

const vanishingGradients: Laws = {
  'each further sigmoid layer at least halves the gradient; six normalized or relu layers leave at least a tenth of it':
    (_, { at }) => {
      // σ′ ≤ 1/4, and for large n a square matrix of variance 1/n at most doubles the length of a vector
      const remaining = (kind: string): number =>
        at(`${kind}, 8 layers`, 'first gradient') / at(`${kind}, 2 layers`, 'first gradient');
      expect(remaining('sigmoid')).toBeLessThan((2 / 4) ** 6);
      expect(remaining('sigmoid, normalized')).toBeGreaterThan(0.1);
      expect(remaining('relu')).toBeGreaterThan(0.1);
    },
  'the gradient of the last layer does not depend on the depth': (_, { at, rows }) => {
    const last = rows.map((row) => at(row, 'last gradient'));
    expect(Math.min(...last)).toBeGreaterThan(Math.max(...last) / 10);
  },
  'eight sigmoid layers learn nothing more than guessing; normalized or relu layers learn': (_, { at }) => {
    expect(at('sigmoid, 8 layers', 'loss after 10 epochs')).toBeGreaterThan(0.95 * guessing);
    expect(at('sigmoid, normalized, 8 layers', 'loss after 10 epochs')).toBeLessThan(guessing / 3);
    expect(at('relu, 8 layers', 'loss after 10 epochs')).toBeLessThan(guessing / 4);
  },
};

const learningRates: Laws = {
  'the loss w²/2 after t steps is (1 − η)²ᵗ times the first': (_, { at, rows, columns }) => {
    expect(rows.length * columns.length).toBe(24);
    for (const t of rows) {
      for (const column of columns) {
        const eta = Number(column.replace('η = ', ''));
        const loss = (1 - eta) ** (2 * Number(t)) / 2;
        // three digits are printed; 20 float32 steps add less than 20·6·2⁻²⁴·|η / (1 − η)|
        expect(Math.abs(at(t, column) / loss - 1)).toBeLessThan(0.005 + 20 * 6 * 2 ** -24 * 2.2);
      }
    }
  },
  'a network learns little at a small rate, well at a medium one, and ends worse than guessing at a large one': (
    _,
    _parabola,
    { at },
  ) => {
    expect(at(19, 'η = 0.0003')).toBeGreaterThan(at(0, 'η = 0.0003') * 0.8);
    expect(at(19, 'η = 0.0003')).toBeLessThan(at(0, 'η = 0.0003'));
    expect(at(19, 'η = 0.1')).toBeLessThan(at(0, 'η = 0.1') / 5);
    expect(at(19, 'η = 10')).not.toBeLessThan(guessing); // or NaN
  },
};

const narrowValley: Laws = {
  'descent takes ln 10⁶ / (2·ln((κ + 1) / (κ − 1))) steps': (_, { at }) => {
    for (const kappa of [10, 100, 1000]) {
      const steps = Math.ceil(Math.log(1e6) / (2 * Math.log((kappa + 1) / (kappa - 1))));
      expect(Math.abs(at(`κ = ${kappa}`, 'descent') - steps)).toBeLessThanOrEqual(2);
    }
  },
  'the steps of both kinds of momentum grow as √κ': (_, { at }) => {
    for (const way of ['momentum', 'nesterov']) {
      const growth = at('κ = 1000', way) / at('κ = 10', way);
      expect(growth).toBeGreaterThan(Math.sqrt(100) / 2);
      expect(growth).toBeLessThan(Math.sqrt(100) * 2);
      expect(at('κ = 1000', way)).toBeLessThan(at('κ = 1000', 'descent') / 10);
    }
  },
  'Adam needs the same number of steps for any κ': (_, { at, rows }) => {
    const steps = rows.map((row) => at(row, 'adam'));
    expect(steps).toHaveLength(4);
    expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1); // 1 because of epsilon
  },
};

const overFitting: Laws = {
  'the plain network memorizes the wrong labels, and its loss on unseen digits is high': (_, { at }) => {
    // the entropy of labels of which a fifth are wrong: a model that has not memorized them cannot get below it
    const ofNoise = -0.8 * Math.log(0.8) - 0.2 * Math.log(0.2);
    expect(at('plain', 'training')).toBeLessThan(ofNoise / 5);
    expect(at('plain', 'unseen')).toBeGreaterThan(ofNoise);
  },
  'L2 and dropout reduce the gap and the loss on unseen digits': (_, { at }) => {
    for (const way of ['l2(0.01)', 'dropout(0.5)']) {
      expect(at(way, 'training')).toBeGreaterThan(at('plain', 'training'));
      expect(at(way, 'unseen')).toBeLessThan(at('plain', 'unseen'));
      expect(at(way, 'gap')).toBeLessThan(at('plain', 'gap') * 0.85);
    }
  },
  'batch normalization memorizes as much, and does not reduce the gap': (_, { at }) => {
    expect(at('batch normalization', 'training')).toBeLessThanOrEqual(at('plain', 'training'));
    expect(at('batch normalization', 'gap')).toBeGreaterThan(at('plain', 'gap') * 0.85);
  },
};

const earlyStopping: Laws = {
  'training ends ten epochs after the best one, with the weights of the best one': (_, { at }) => {
    const value = (column: string): number => at('patience 10', column);
    expect(value('epochs')).toBe(value('best epoch') + 10);
    expect(value('epochs')).toBeLessThan(200);
    expect(value('final loss')).toBe(value('best loss'));
  },
  'early stopping changes nothing before it stops; without it the final loss is higher': (_, { at }) => {
    expect(at('no early stopping', 'epochs')).toBe(200);
    if (at('no early stopping', 'best epoch') <= at('patience 10', 'epochs')) {
      expect(at('no early stopping', 'best loss')).toBe(at('patience 10', 'best loss'));
    }
    expect(at('no early stopping', 'final loss')).toBeGreaterThan(at('patience 10', 'final loss') * 1.1);
  },
};

const linearRegression: Laws = {
  'the loss never falls below that of the closed form, and never rises': (_, { at, rows }) => {
    const above = rows.map((row) => at(row, 'loss above the minimum'));
    expect(above).toHaveLength(8);
    // losses near 0.3 are rounded to 2⁻²⁵, at most a hundred times in a sum of 100 squares
    for (const [i, loss] of above.entries()) {
      expect(loss).toBeGreaterThan(-100 * 2 ** -25);
      expect(loss).toBeLessThanOrEqual((above[i - 1] ?? loss) + 100 * 2 ** -25);
    }
  },
  'the distance to the minimum shrinks by (1 − 2·η·λ)² in each step, with λ the smaller eigenvalue of XᵀX / n': (
    _,
    { at },
  ) => {
    const squares = Array.from({ length: 100 }, (_, i) => ((4 * i) / 99) ** 2);
    const mean = squares.reduce((a, b) => a + b, 0) / 100; // XᵀX / n = [[1, 2], [2, mean]]
    const lambda = (1 + mean - Math.sqrt((1 + mean) ** 2 - 4 * (mean - 4))) / 2;
    const shrunk = at('100 steps', 'loss above the minimum') / at('50 steps', 'loss above the minimum');
    expect(shrunk / (1 - 0.2 * lambda) ** 100).toBeGreaterThan(0.9);
    expect(shrunk / (1 - 0.2 * lambda) ** 100).toBeLessThan(1.1);
  },
  'gradient descent and the closed form end at the same line': (_, { at }) => {
    for (const which of ['intercept', 'slope']) {
      expect(Math.abs(at('400 steps', which) - at('closed form', which))).toBeLessThan(1e-4);
    }
  },
};

const logisticRegression: Laws = {
  'a higher threshold never raises the recall, and f1 is the harmonic mean of precision and recall': (_, ...tables) => {
    for (const { at, rows } of tables) {
      const recalls = rows.map((row) => at(row, 'recall'));
      expect(recalls).toEqual([...recalls].sort((a, b) => b - a));
      for (const row of rows) {
        const [p, r] = [at(row, 'precision'), at(row, 'recall')];
        expect(Math.abs(at(row, 'f1') - (2 * p * r) / (p + r))).toBeLessThan(0.002); // three digits each
      }
    }
  },
  'a low threshold gives a high recall, a high one a high precision': (_, ...tables) => {
    for (const { at } of tables) {
      expect(at('threshold 0.1', 'recall')).toBeGreaterThan(0.9);
      expect(at('threshold 0.9', 'precision')).toBeGreaterThan(0.9);
      expect(at('threshold 0.9', 'precision')).toBeGreaterThanOrEqual(at('threshold 0.1', 'precision'));
    }
  },
  'almost every virginica gets a higher probability than every other flower': (stdout) => {
    const areas = [...stdout.matchAll(/auc (\d\.\d+)/g)].map(([, area]) => Number(area));
    expect(areas).toHaveLength(2);
    for (const area of areas) expect(area).toBeGreaterThan(0.97);
  },
};

const classImbalance: Laws = {
  // For normal distributions around 0 and 2 the odds at x are (positives / negatives)·e^(2x − 2).
  'with equal weights the decision boundary is 1 + ln(19) / 2; with weight 19 it is in the middle, 1': (_, { at }) => {
    expect(Math.abs(at('equal weights', 'decision boundary') - (1 + Math.log(19) / 2))).toBeLessThan(0.3);
    expect(Math.abs(at('positives weigh 19', 'decision boundary') - 1)).toBeLessThan(0.2);
  },
  'the recall is the fraction of positives above the boundary: 1 − Φ(boundary − 2)': (_, { at, rows }) => {
    for (const row of rows) {
      const fraction = 1 - normalBelow(at(row, 'decision boundary') - 2);
      // four standard deviations of a fraction of 400
      expect(Math.abs(at(row, 'recall') - fraction)).toBeLessThan(4 * Math.sqrt((fraction * (1 - fraction)) / 400));
    }
  },
  'the weights reduce accuracy and precision, and more than double the recall': (_, { at }) => {
    const change = (figure: string): number => at('positives weigh 19', figure) / at('equal weights', figure);
    expect(change('accuracy')).toBeLessThan(0.95);
    expect(change('precision')).toBeLessThan(0.5);
    expect(change('recall')).toBeGreaterThan(2);
  },
};

const schedules: Laws = {
  'each learning rate follows its schedule': (_, { at, rows }) => {
    const rates = (way: string): number[] => rows.map((row) => at(row, way));
    expect(new Set(rates('constant'))).toEqual(new Set([0.05]));
    const [first = 0, , , ...later] = rates('warm-up, cosine');
    expect(first).toBeLessThan(0.05 / 2); // a quarter of the warm-up
    expect(Math.max(...later)).toBeLessThan(0.05);
    expect(at(12, 'one cycle')).toBe(0.05); // the maximum, after three tenths of the steps
    expect(Math.max(at(1, 'one cycle'), at(40, 'one cycle'))).toBeLessThan(0.05 / 10);
    const falling = rates('on plateau');
    expect(falling).toEqual([...falling].sort((a, b) => b - a));
    expect(falling.at(-1)).toBeLessThan(0.05 / 100);
  },
  'a constant rate stays about η·σ²·d / batch above the minimum; decreasing rates get below a hundredth of that': (
    _,
    _rates,
    { at },
  ) => {
    const floor = (0.05 * 1 * 20) / 10;
    for (const epoch of [12, 20, 30, 40]) {
      expect(at(epoch, 'constant')).toBeGreaterThan(floor / 4);
      expect(at(epoch, 'constant')).toBeLessThan(floor * 4);
    }
    for (const way of ['warm-up, cosine', 'one cycle', 'on plateau']) {
      expect(at(40, way)).toBeLessThan(floor / 100);
      expect(at(40, way)).toBeGreaterThan(-1e-6);
    }
  },
};

const gradientDescent: Laws = {
  'the line is found, and the compiled run prints the same numbers': (stdout) => {
    const [written, compiled] = stdout.split('\n').map((line) => line.replace(/^.*: |, \d+ ms$/g, ''));
    expect(written).toMatch(/^y = [23]\.\d+ x \+ [12]\.\d+, loss 0\.01/);
    expect(compiled).toBe(written);
  },
};

const xor: Laws = {
  'all four samples are learned': (stdout) => expect(stdout).toContain('accuracy: 1'),
};

/** The number after `before`. */
function numberAfter(stdout: string, before: string): number {
  return Number.parseFloat(stdout.split(before)[1] ?? '');
}

const text: Laws = {
  'after a few epochs the loss is less than twice the entropy of the grammar': (stdout) =>
    expect(Number.parseFloat(stdout)).toBeLessThan(2 * numberAfter(stdout, 'the entropy of the grammar is ')),
};

const sentiment: Laws = {
  'more than 95 % of the unseen reviews are classified correctly': (stdout) =>
    expect(Number.parseFloat(stdout)).toBeGreaterThan(95),
};

const autoencoder: Laws = {
  'the error is less than 0.4 of that of the mean image': (stdout) =>
    expect(numberAfter(stdout, 'error ')).toBeLessThan(0.4 * numberAfter(stdout, 'the mean image has ')),
};

const multiLabel: Laws = {
  'each label is correct for more than 93 % of the points': (stdout) => {
    for (const name of ['circle', 'line', 'square']) expect(numberAfter(stdout, `\n${name}: `)).toBeGreaterThan(0.93);
  },
};

const robustRegression: Laws = {
  'outliers move the line of the squared error, but not that of the Huber loss': (stdout) => {
    expect(Math.abs(numberAfter(stdout, 'Huber: y = ') - 2)).toBeLessThan(0.1);
    expect(numberAfter(stdout.split('squared error')[1] ?? '', ' x + ')).toBeGreaterThan(3);
  },
};

/** The laws of each example, by its file and arguments. */
export const laws: Readonly<Record<string, Laws>> = {
  'autoencoder.ts': autoencoder,
  'class-imbalance.ts': classImbalance,
  'early-stopping.ts': earlyStopping,
  'gradient-descent.ts': gradientDescent,
  'learning-rates.ts': learningRates,
  'linear-regression.ts': linearRegression,
  'logistic-regression.ts': logisticRegression,
  'multi-label.ts': multiLabel,
  'narrow-valley.ts': narrowValley,
  'over-fitting.ts': overFitting,
  'robust-regression.ts': robustRegression,
  'schedules.ts': schedules,
  'sentiment.ts': sentiment,
  'text.ts lstm 9': text,
  'text.ts transformer 9': text,
  'vanishing-gradients.ts': vanishingGradients,
  'xor.ts': xor,
};
