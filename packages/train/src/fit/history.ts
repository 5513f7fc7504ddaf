// The history of a training: the loss and each metric of every epoch, also on validation data.

/** Figures of an epoch, by name: `loss`, `accuracy`, `valLoss`, `valAccuracy` … */
export interface Logs {
  /** the mean over rows */
  readonly loss: number;
  readonly [name: string]: number | undefined;
}

/** Arrays with one figure for each epoch, by name; those of validation begin with val. */
export interface HistoryFigures {
  /** of the training rows */
  readonly loss: readonly number[];
  /** with the metric 'accuracy' */
  readonly accuracy?: readonly number[];
  /** with validation data */
  readonly valLoss?: readonly number[];
  /** with validation data and the metric 'accuracy' */
  readonly valAccuracy?: readonly number[];
  readonly [name: string]: readonly number[] | undefined;
}

/** The result of fit. */
export interface History {
  /** the numbers of the epochs, from 0 */
  readonly epoch: readonly number[];
  /** the figures of each epoch */
  readonly history: HistoryFigures;
}

/** Records the figures of each epoch. */
export class HistoryRecorder implements History {
  readonly epoch: number[] = [];
  readonly history: { loss: number[]; [name: string]: number[] } = { loss: [] };

  add(epoch: number, logs: Logs): void {
    this.epoch.push(epoch);
    for (const [name, value = Number.NaN] of Object.entries(logs)) {
      this.history[name] ??= [];
      this.history[name].push(value);
    }
  }
}

/** `accuracy` → `valAccuracy` */
export function validationName(name: string): string {
  return `val${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
