// What the figures of each example must show: laws that follow from what a course says, not figures once seen. Where a bound is not a
// formula of the theory, it leaves room for chance between what the theory says and what would refute it.

import { expect } from 'vitest';
import type { PrintedTable } from './tables.ts';

/** A law's title, and its check on all that was printed and the first two tables in it. */
type Laws = Readonly<Record<string, (stdout: string, first: PrintedTable, second: PrintedTable) => void>>;

/** Φ, the share of a normal distribution below z, by Simpson's rule on its density: exact to 1e-6 for |z| < 5. */
function normalBelow(z: number): number {
  const [n, from] = [1000, -8];
  const h = (z - from) / n;
  const term = (i: number): number => Math.exp(-((from + i * h) ** 2) / 2) * (i === 0 || i === n ? 1 : i % 2 ? 4 : 2);
  return (Array.from({ length: n + 1 }, (_, i) => term(i)).reduce((a, b) => a + b, 0) * h) / 3 / Math.sqrt(2 * Math.PI);
}

const guessing = Math.log(10); // the loss of ten classes taken for equally likely

const vanishingGradients: Laws = {
  'each further layer takes at least half of the gradient from sigmoids; six leave a tenth to normalized ones and to relu':
    (_, { at }) => {
      // σ′ ≤ 1/4, and square matrices of variance 1/n stretch a vector twofold at most, as n grows
      const left = (way: string): number =>
        at(`${way}, 8 layers`, 'first gradient') / at(`${way}, 2 layers`, 'first gradient');
      expect(left('sigmoid')).toBeLessThan((2 / 4) ** 6);
      expect(left('sigmoid, normalized')).toBeGreaterThan(0.1);
      expect(left('relu')).toBeGreaterThan(0.1);
    },
  'the last layer has its gradient at any depth': (_, { at, rows }) => {
    const last = rows.map((row) => at(row, 'last gradient'));
    expect(Math.min(...last)).toBeGreaterThan(Math.max(...last) / 10);
  },
  'eight layers of sigmoids get no better than guessing; normalized or of relu they learn': (_, { at }) => {
    expect(at('sigmoid, 8 layers', 'loss after 10 epochs')).toBeGreaterThan(0.95 * guessing);
    expect(at('sigmoid, normalized, 8 layers', 'loss after 10 epochs')).toBeLessThan(guessing / 3);
    expect(at('relu, 8 layers', 'loss after 10 epochs')).toBeLessThan(guessing / 4);
  },
};

const learningRates: Laws = {
  'on the bowl the loss after t steps is (1 − η)²ᵗ of the first': (_, { at, rows, columns }) => {
    expect(rows.length * columns.length).toBe(24);
    for (const t of rows) {
      for (const column of columns) {
        const eta = Number(column.replace('η = ', ''));
        const loss = (1 - eta) ** (2 * Number(t)) / 2;
        // three figures are shown; 20 float32 steps add less than 20·6·2⁻²⁴·|η / (1 − η)|
        expect(Math.abs(at(t, column) / loss - 1)).toBeLessThan(0.005 + 20 * 6 * 2 ** -24 * 2.2);
      }
    }
  },
  'a network crawls, learns, or ends worse than guessing': (_, _bowl, { at }) => {
    expect(at(19, 'η = 0.0003')).toBeGreaterThan(at(0, 'η = 0.0003') * 0.8);
    expect(at(19, 'η = 0.0003')).toBeLessThan(at(0, 'η = 0.0003'));
    expect(at(19, 'η = 0.1')).toBeLessThan(at(0, 'η = 0.1') / 5);
    expect(at(19, 'η = 10')).not.toBeLessThan(guessing); // or not a number
  },
};

const narrowValley: Laws = {
  'descent takes ln 10⁶ / (2·ln((κ + 1) / (κ − 1))) steps': (_, { at }) => {
    for (const kappa of [10, 100, 1000]) {
      const steps = Math.ceil(Math.log(1e6) / (2 * Math.log((kappa + 1) / (kappa - 1))));
      expect(Math.abs(at(`κ = ${kappa}`, 'descent') - steps)).toBeLessThanOrEqual(2);
    }
  },
  'momentum of either kind takes steps as √κ': (_, { at }) => {
    for (const way of ['momentum', 'nesterov']) {
      const growth = at('κ = 1000', way) / at('κ = 10', way);
      expect(growth).toBeGreaterThan(Math.sqrt(100) / 2);
      expect(growth).toBeLessThan(Math.sqrt(100) * 2);
      expect(at('κ = 1000', way)).toBeLessThan(at('κ = 1000', 'descent') / 10);
    }
  },
  'Adam, which scales each direction, takes as many for any κ': (_, { at, rows }) => {
    const steps = rows.map((row) => at(row, 'adam'));
    expect(steps).toHaveLength(4);
    expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1); // but for epsilon
  },
};

const overFitting: Laws = {
  'the plain network knows the wrong labels by heart, and pays for it': (_, { at }) => {
    // who knew the digits and that a fifth of the labels is one too high could not get below this
    const ofNoise = -0.8 * Math.log(0.8) - 0.2 * Math.log(0.2);
    expect(at('plain', 'learned')).toBeLessThan(ofNoise / 5);
    expect(at('plain', 'unseen')).toBeGreaterThan(ofNoise);
  },
  'L2 and dropout leave less of a gap, and serve unseen digits better': (_, { at }) => {
    for (const way of ['l2(0.01)', 'dropout(0.5)']) {
      expect(at(way, 'learned')).toBeGreaterThan(at('plain', 'learned'));
      expect(at(way, 'unseen')).toBeLessThan(at('plain', 'unseen'));
      expect(at(way, 'gap')).toBeLessThan(at('plain', 'gap') * 0.85);
    }
  },
  'batch normalization learns no less by heart, and closes no gap': (_, { at }) => {
    expect(at('batch normalization', 'learned')).toBeLessThanOrEqual(at('plain', 'learned'));
    expect(at('batch normalization', 'gap')).toBeGreaterThan(at('plain', 'gap') * 0.85);
  },
};

const earlyStopping: Laws = {
  'it ends ten epochs after the best one, with the weights of that': (_, { at }) => {
    const figure = (column: string): number => at('patience 10', column);
    expect(figure('epochs')).toBe(figure('best epoch') + 10);
    expect(figure('epochs')).toBeLessThan(200);
    expect(figure('loss in the end')).toBe(figure('its loss'));
  },
  'up to where it stops nothing is different; going on makes the loss worse': (_, { at }) => {
    expect(at('to the end', 'epochs')).toBe(200);
    if (at('to the end', 'best epoch') <= at('patience 10', 'epochs')) {
      expect(at('to the end', 'its loss')).toBe(at('patience 10', 'its loss'));
    }
    expect(at('to the end', 'loss in the end')).toBeGreaterThan(at('patience 10', 'loss in the end') * 1.1);
  },
};

const linearRegression: Laws = {
  'no step is below the closed form, and each is nearer to it': (_, { at, rows }) => {
    const above = rows.map((row) => at(row, 'loss above the least'));
    expect(above).toHaveLength(8);
    // losses near 0.3 are read to 2⁻²⁵, of which sums of 100 squares make a hundred at most
    for (const [i, loss] of above.entries()) {
      expect(loss).toBeGreaterThan(-100 * 2 ** -25);
      expect(loss).toBeLessThanOrEqual((above[i - 1] ?? loss) + 100 * 2 ** -25);
    }
  },
  'what is left shrinks by (1 − 2·η·λ)² a step, λ the smaller eigenvalue of XᵀX / n': (_, { at }) => {
    const squares = Array.from({ length: 100 }, (_, i) => ((4 * i) / 99) ** 2);
    const mean = squares.reduce((a, b) => a + b, 0) / 100; // XᵀX / n = [[1, 2], [2, mean]]
    const lambda = (1 + mean - Math.sqrt((1 + mean) ** 2 - 4 * (mean - 4))) / 2;
    const shrunk = at('100 steps', 'loss above the least') / at('50 steps', 'loss above the least');
    expect(shrunk / (1 - 0.2 * lambda) ** 100).toBeGreaterThan(0.9);
    expect(shrunk / (1 - 0.2 * lambda) ** 100).toBeLessThan(1.1);
  },
  'both give the same line in the end': (_, { at }) => {
    for (const which of ['intercept', 'slope']) {
      expect(Math.abs(at('400 steps', which) - at('closed form', which))).toBeLessThan(1e-4);
    }
  },
};

const logisticRegression: Laws = {
  'the higher the threshold, the lower the recall; f1 is the harmonic mean': (_, ...tables) => {
    for (const { at, rows } of tables) {
      const recalls = rows.map((row) => at(row, 'recall'));
      expect(recalls).toEqual([...recalls].sort((a, b) => b - a));
      for (const row of rows) {
        const [p, r] = [at(row, 'precision'), at(row, 'recall')];
        expect(Math.abs(at(row, 'f1') - (2 * p * r) / (p + r))).toBeLessThan(0.002); // three figures each
      }
    }
  },
  'a low threshold misses few, a high one is seldom wrong': (_, ...tables) => {
    for (const { at } of tables) {
      expect(at('yes from 0.1', 'recall')).toBeGreaterThan(0.9);
      expect(at('yes from 0.9', 'precision')).toBeGreaterThan(0.9);
      expect(at('yes from 0.9', 'precision')).toBeGreaterThanOrEqual(at('yes from 0.1', 'precision'));
    }
  },
  'nearly every virginica gets a higher probability than every other flower': (stdout) => {
    const areas = [...stdout.matchAll(/auc (\d\.\d+)/g)].map(([, area]) => Number(area));
    expect(areas).toHaveLength(2);
    for (const area of areas) expect(area).toBeGreaterThan(0.97);
  },
};

const classImbalance: Laws = {
  // Normal distributions around 0 and 2: the odds at x are (share of yeses / share of noes)·e^(2x − 2).
  'all alike, the limit is 1 + ln(19) / 2; weighted, it is in the middle': (_, { at }) => {
    expect(Math.abs(at('all count alike', 'yes from x =') - (1 + Math.log(19) / 2))).toBeLessThan(0.3);
    expect(Math.abs(at('a yes counts 19 times', 'yes from x =') - 1)).toBeLessThan(0.2);
  },
  'the recall is the share of yeses beyond the limit: 1 − Φ(limit − 2)': (_, { at, rows }) => {
    for (const row of rows) {
      const share = 1 - normalBelow(at(row, 'yes from x =') - 2);
      // four standard deviations of a share among 400
      expect(Math.abs(at(row, 'recall') - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 400));
    }
  },
  'the weights cost accuracy and precision, and more than double the recall': (_, { at }) => {
    const change = (figure: string): number => at('a yes counts 19 times', figure) / at('all count alike', figure);
    expect(change('accuracy')).toBeLessThan(0.95);
    expect(change('precision')).toBeLessThan(0.5);
    expect(change('recall')).toBeGreaterThan(2);
  },
};

const schedules: Laws = {
  'the rate stays, or rises and falls, or only falls': (_, { at, rows }) => {
    const rates = (way: string): number[] => rows.map((row) => at(row, way));
    expect(new Set(rates('constant'))).toEqual(new Set([0.05]));
    const [first = 0, , , ...later] = rates('warm-up, cosine');
    expect(first).toBeLessThan(0.05 / 2); // a quarter of the way up
    expect(Math.max(...later)).toBeLessThan(0.05);
    expect(at(12, 'one cycle')).toBe(0.05); // the top, after three tenths of the steps
    expect(Math.max(at(1, 'one cycle'), at(40, 'one cycle'))).toBeLessThan(0.05 / 10);
    const falling = rates('on plateau');
    expect(falling).toEqual([...falling].sort((a, b) => b - a));
    expect(falling.at(-1)).toBeLessThan(0.05 / 100);
  },
  'a constant rate leaves η·σ²·d / batch above the least; those that fall leave less than a hundredth of that': (
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
  'the line is found, and compiled it is the same': (stdout) => {
    const [written, compiled] = stdout.split('\n').map((line) => line.replace(/^.*: |, \d+ ms$/g, ''));
    expect(written).toMatch(/^y = [23]\.\d+ x \+ [12]\.\d+, loss 0\.01/);
    expect(compiled).toBe(written);
  },
};

const xor: Laws = {
  'all four are learned': (stdout) => expect(stdout).toContain('accuracy: 1'),
};

/** What the figure after `before` is. */
function figure(stdout: string, before: string): number {
  return Number.parseFloat(stdout.split(before)[1] ?? '');
}

const text: Laws = {
  'after few epochs it is not far above the nats a character that the grammar has': (stdout) =>
    expect(Number.parseFloat(stdout)).toBeLessThan(2 * figure(stdout, 'the grammar has ')),
};

const sentiment: Laws = {
  'more than 95 % of the unseen are told': (stdout) => expect(Number.parseFloat(stdout)).toBeGreaterThan(95),
};

const autoencoder: Laws = {
  'the code tells more of an image than the mean image does': (stdout) =>
    expect(figure(stdout, 'error ')).toBeLessThan(0.4 * figure(stdout, 'the mean image alone has ')),
};

const multiLabel: Laws = {
  'each label is right in more than 93 %': (stdout) => {
    for (const name of ['circle', 'line', 'square']) expect(figure(stdout, `\n${name}: `)).toBeGreaterThan(0.93);
  },
};

const robustRegression: Laws = {
  'outliers draw the line of least squares away, not that of huber': (stdout) => {
    expect(Math.abs(figure(stdout, 'huber: y = ') - 2)).toBeLessThan(0.1);
    expect(figure(stdout.split('squares')[1] ?? '', ' x + ')).toBeGreaterThan(3);
  },
};

/** By file and arguments. */
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
