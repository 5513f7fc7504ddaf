// progress: a progress bar for each epoch on a terminal, as Keras draws it; plain lines elsewhere. A bar changes no mode of the terminal
// (cursor, line wrap), so that nothing has to be restored when the program ends.

import { show } from '@treadle/tensor';
import type { SingleBar } from 'cli-progress';
import { isTerminal, progressBars, standardError, type Terminal } from '#terminal';
import type { Logs } from '../fit/history.ts';
import type { Callback } from './callbacks.ts';
import type { TextStream } from './text-stream.ts';

/** 0: silent, 1: a bar for each epoch on a terminal, otherwise lines, 2: a line for each epoch; 'auto' means 1. */
export type Verbosity = 0 | 1 | 2 | 'auto';

/**
 * A callback that writes the progress of a training to `output`, the standard error output by default; fit adds one itself. Throws RangeError for an
 * unknown verbosity, TypeError for an output that is not a stream.
 *
 * @example
 * ```ts
 * import { progress } from 'treadle';
 * Object.keys(progress(0)); // → []
 * ```
 */
export function progress(verbose: Verbosity = 'auto', output: TextStream = standardError()): Callback {
  const given: unknown = output;
  if (typeof given !== 'object' || given === null || !('write' in given)) {
    throw new TypeError(`progress: the output must be a stream, such as process.stderr; got ${show(given)}`);
  }
  switch (verbose) {
    case 0:
      return {};
    case 1:
    case 'auto':
      return isTerminal(output) ? bars(output) : lines(output);
    case 2:
      return lines(output);
    default:
      throw new RangeError(`fit: verbose must be 0, 1, 2 or auto; got ${show(verbose)}`);
  }
}

/** `loss: 0.3125 - accuracy: 0.9062` */
function describeLogs(logs: Logs): string {
  return Object.entries(logs)
    .map(([name, value = Number.NaN]) => `${name}: ${formatFigure(value)}`)
    .join(' - ');
}

function formatFigure(value: number): string {
  const magnitude = Math.abs(value);
  const isPlain = value === 0 || (magnitude >= 1e-3 && magnitude < 1e5) || !Number.isFinite(value);
  return isPlain ? value.toFixed(4) : value.toExponential(4);
}

/** `12.3 s`, `45 ms`, `126 µs` */
function formatTime(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return milliseconds >= 1 ? `${milliseconds.toFixed(0)} ms` : `${(1000 * milliseconds).toFixed(0)} µs`;
}

/** `45 ms, 126 µs/step - loss: 0.3125` */
function describeEpoch(milliseconds: number, steps: number, logs: Logs): string {
  return `${formatTime(milliseconds)}, ${formatTime(milliseconds / steps)}/step - ${describeLogs(logs)}`;
}

function lines(output: TextStream): Callback {
  let began = 0;
  return {
    onEpochBegin: () => {
      began = performance.now();
    },
    onEpochEnd: (epoch, logs, { epochs, steps }) => {
      output.write(`Epoch ${epoch + 1}/${epochs} - ${describeEpoch(performance.now() - began, steps, logs)}\n`);
    },
  };
}

/** Describes figures for at most a tenth of the time, because reading them may be expensive; in between, it repeats the last text. */
function throttled(describe: (logs: Logs) => string): (logs: Logs) => string {
  let text = '';
  let next = 0;
  return (logs) => {
    const began = performance.now();
    if (began < next) return text;
    text = describe(logs);
    const ended = performance.now();
    next = ended + 9 * (ended - began);
    return text;
  };
}

function bars(output: Terminal): Callback {
  // loaded for the first bar, because most programs draw none
  const { Presets, SingleBar } = progressBars();
  let bar: SingleBar | undefined;
  let began = 0;
  const describe = throttled(describeLogs);
  return {
    onEpochBegin: (epoch, { epochs, steps }) => {
      began = performance.now();
      const count = `${String(epoch + 1).padStart(String(epochs).length)}/${epochs}`;
      bar = new SingleBar(
        {
          format: `Epoch ${count} {bar} {value}/{total} {figures}`,
          stream: output,
          barsize: 24,
          fps: 15,
          hideCursor: false,
          linewrap: true, // text is cut at the width of the terminal instead
        },
        Presets.shades_classic,
      );
      bar.start(steps, 0, { figures: '' });
    },
    onBatchEnd: (batch, logs) => bar?.update(batch + 1, { figures: { toString: () => describe(logs) } }),
    onEpochEnd: (_, logs, { steps }) => {
      bar?.update(steps, { figures: describeEpoch(performance.now() - began, steps, logs) });
      bar?.stop();
    },
    // an epoch that ended with an error has left its bar, which goes on drawing
    onTrainEnd: () => bar?.stop(),
  };
}
