// Elementwise work on one thread: an add at memory speed against `set`, functions in nanoseconds an element.

import { compile, randomNormal, setThreads, type Tensor, threads, variable, zeros } from 'treadle';
import { memoryLimit } from './limits.ts';
import { type Case, measure } from './measure.ts';

export function lanesBench(): void {
  const all = threads();
  setThreads(1);
  addAgainstSet();
  functions();
  setThreads(all);
}

function addAgainstSet(): void {
  const n = 10_000_000;
  const [a, b] = [randomNormal([n], { seed: 1 }).realize(), randomNormal([n], { seed: 2 }).realize()];
  const sum = variable(zeros([n]));
  const add = compile((x: Tensor, y: Tensor) => {
    sum.assign(x.add(y));
  });
  const [x, y] = [a.data(), b.data()];
  const adding: Case = {
    name: 'add 1e7',
    run: () => add(a, b),
    verify: () => {
      add(a, b);
      const wrong = sum.data().findIndex((value, i) => value !== Math.fround((x[i] ?? 0) + (y[i] ?? 0)));
      if (wrong >= 0) throw new Error(`add: element ${wrong} is wrong`);
    },
  };
  // both operands read, the sum written
  const set = memoryLimit(3 * 4 * n);
  const times = measure([adding, set]);
  const [ms, limit] = [times.get(adding.name)?.ms ?? 0, times.get(set.name)?.ms ?? 0];
  console.log(
    `\nadd of 1e7 floats: ${ms.toFixed(2)} ms; set of the same bytes: ${limit.toFixed(2)} ms; ${(ms / limit).toFixed(2)} ×`,
  );
}

const unary: Readonly<Record<string, readonly [(x: Tensor) => Tensor, (x: number) => number]>> = {
  exp: [(x) => x.exp(), Math.exp],
  tanh: [(x) => x.tanh(), Math.tanh],
  sigmoid: [(x) => x.sigmoid(), (x) => 1 / (1 + Math.exp(-x))],
  log: [(x) => x.log(), Math.log],
  sin: [(x) => x.sin(), Math.sin],
};

function functions(): void {
  const n = 1_000_000;
  const input = randomNormal([n], { seed: 3 }).abs().realize();
  const values = input.data();
  const cases = Object.entries(unary).map(([name, [f, reference]]): Case => {
    const result = variable(zeros([n]));
    const apply = compile((x: Tensor) => {
      result.assign(f(x));
    });
    return {
      name,
      run: () => apply(input),
      verify: () => {
        apply(input);
        const got = result.data();
        values.forEach((x, i) => {
          const want = reference(x);
          const ulp = 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(want))) - 23);
          if (Math.abs((got[i] ?? 0) - want) > 2.5 * ulp)
            throw new Error(`${name}(${x}) is wrong: ${got[i]} instead of ${want}`);
        });
      },
    };
  });
  const times = measure(cases);
  console.log('\nfunctions of 1e6 floats, one thread');
  console.table(cases.map(({ name }) => ({ function: name, 'ns an element': (times.get(name)?.ms ?? 0).toFixed(2) })));
}
