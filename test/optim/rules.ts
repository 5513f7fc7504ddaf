// Every rule by which optimizers move, with and without its options, beside the same rule in figures that know their errors.

import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  lion,
  nadam,
  type Optimizer,
  type OptimizerName,
  rmsprop,
  sgd,
} from '@treadle/optim';
import {
  adadeltaMove,
  adagradMove,
  adamaxMove,
  adamMove,
  decaying,
  fadingMove,
  lionMove,
  type Move,
  nadamMove,
  rmspropMove,
  sgdMove,
} from './transcriptions.ts';

export interface Rule {
  readonly name: string;
  readonly make: (rate: number) => Optimizer;
  readonly move: (rate: number) => Move;
  /** the rate at which 200 steps reach the bottom of a bowl; 0.05 by default */
  readonly bowlRate?: number;
}

/** The rules of each optimizer. An optimizer without a rule here does not compile. */
const rulesByName: { readonly [N in OptimizerName]: readonly [Rule, ...Rule[]] } = {
  sgd: [
    { name: 'sgd', make: (rate) => sgd(rate), move: (rate) => sgdMove(rate) },
    { name: 'sgd with momentum', make: (rate) => sgd(rate, { momentum: 0.9 }), move: (rate) => sgdMove(rate, 0.9) },
    {
      name: 'sgd with Nesterov’s momentum',
      make: (rate) => sgd(rate, { momentum: 0.8, nesterov: true }),
      move: (rate) => sgdMove(rate, 0.8, true),
    },
    {
      name: 'sgd with momentum and weight decay',
      make: (rate) => sgd(rate, { momentum: 0.5, weightDecay: 0.1 }),
      move: (rate) => decaying(0.1, rate, sgdMove(rate, 0.5)),
    },
    {
      name: 'sgd with weight decay',
      make: (rate) => sgd(rate, { weightDecay: 0.1 }),
      move: (rate) => decaying(0.1, rate, sgdMove(rate)),
    },
    {
      name: 'sgd whose rate fades',
      make: (rate) => sgd(rate, { decay: 0.25 }),
      move: (rate) => fadingMove(rate, 0.25),
      bowlRate: 0.9,
    },
  ],
  adam: [
    { name: 'adam', make: (rate) => adam(rate), move: (rate) => adamMove(rate, 0.9, 0.999, 1e-7) },
    {
      name: 'adam with options',
      make: (rate) => adam(rate, { beta1: 0.5, beta2: 0.75, epsilon: 0.125 }),
      move: (rate) => adamMove(rate, 0.5, 0.75, 0.125),
    },
    {
      name: 'AMSGrad',
      make: (rate) => adam(rate, { beta2: 0.5, amsgrad: true }),
      move: (rate) => adamMove(rate, 0.9, 0.5, 1e-7, true),
    },
  ],
  adamW: [
    {
      name: 'adamW',
      make: (rate) => adamW(rate),
      move: (rate) => decaying(0.004, rate, adamMove(rate, 0.9, 0.999, 1e-7)),
    },
  ],
  rmsprop: [
    { name: 'rmsprop', make: (rate) => rmsprop(rate), move: (rate) => rmspropMove(rate, 0.9, 1e-7) },
    {
      name: 'rmsprop with momentum, centred',
      make: (rate) => rmsprop(rate, { rho: 0.5, momentum: 0.5, centered: true, epsilon: 0.25 }),
      move: (rate) => rmspropMove(rate, 0.5, 0.25, 0.5, true),
    },
  ],
  adagrad: [
    { name: 'adagrad', make: (rate) => adagrad(rate), move: (rate) => adagradMove(rate, 0.1, 1e-7), bowlRate: 0.5 },
  ],
  adadelta: [
    {
      name: 'adadelta',
      make: (rate) => adadelta(rate * 20),
      move: (rate) => adadeltaMove(rate * 20, 0.95, 1e-7),
      bowlRate: 2,
    },
  ],
  adamax: [{ name: 'adamax', make: (rate) => adamax(rate), move: (rate) => adamaxMove(rate, 0.9, 0.999, 1e-7) }],
  nadam: [{ name: 'nadam', make: (rate) => nadam(rate), move: (rate) => nadamMove(rate, 0.9, 0.999, 1e-7) }],
  lion: [{ name: 'lion', make: (rate) => lion(rate), move: (rate) => lionMove(rate, 0.9, 0.99) }],
};

export const rules: readonly Rule[] = Object.values(rulesByName).flat();

/** The names of all optimizers. */
export const optimizerNames: readonly string[] = Object.keys(rulesByName);
