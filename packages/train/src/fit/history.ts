// What a training leaves behind: one figure an epoch for the loss and each metric, and the same on validation data.

/** Figures of an epoch, by name: `loss`, `accuracy`, `valLoss`, `valAccuracy` … */
export interface Logs {
  readonly loss: number;
  readonly [name: string]: number | undefined;
}

export interface HistoryFigures {
  readonly loss: readonly number[];
  readonly accuracy?: readonly number[];
  readonly valLoss?: readonly number[];
  readonly valAccuracy?: readonly number[];
  readonly [name: string]: readonly number[] | undefined;
}

export interface History {
  /** the epochs that were run, from 0 */
  readonly epoch: readonly number[];
  /** arrays with one figure an epoch */
  readonly history: HistoryFigures;
}

/** Collects the figures of epochs as they end. */
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
