// The training in progress, as callbacks see it.

import type { Network, Weights } from '@treadle/nn';
import type { Optimizer } from '@treadle/optim';
import type { Tensor } from '@treadle/tensor';
import type { LearningRate, Training } from '../callbacks/callbacks.ts';

export class RunningTraining implements Training {
  readonly epochs: number;
  readonly steps: number;
  readonly figures: readonly string[];
  readonly learningRate: LearningRate;
  readonly #model: Network;
  #isStopped = false;

  constructor(
    model: Network,
    { learningRate, isScheduled }: Optimizer,
    epochs: number,
    steps: number,
    figures: readonly string[],
  ) {
    this.#model = model;
    this.learningRate = {
      isScheduled,
      get: () => learningRate.item(),
      set: (rate) => void learningRate.assign(rate),
    };
    this.epochs = epochs;
    this.steps = steps;
    this.figures = figures;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  stop(): void {
    this.#isStopped = true;
  }

  getWeights(): Record<string, Tensor> {
    return this.#model.getWeights();
  }

  setWeights(weights: Weights): void {
    this.#model.setWeights(weights);
  }
}
