// The progress of a training on the terminal: a bar an epoch, as Keras draws it; plain lines where the output is no terminal.
// A bar changes no mode of the terminal (cursor, line wrap): then nothing must be restored, however the program ends.

import { createRequire } from 'node:module';
import { show } from '@treadle/tensor';
import type { SingleBar } from 'cli-progress';
import type { Logs } from '../fit/history.ts';
import type { Callback } from './callbacks.ts';

/** 0: silent, 1: a bar an epoch where the output is a terminal, 2: a line an epoch; 'auto' means 1. */
export type Verbosity = 0 | 1 | 2 | 'auto';

/** A callback that writes to `output`. Throws RangeError for a verbosity that is none. */
export function progress(verbose: Verbosity = 'auto', output: NodeJS.WriteStream = process.stderr): Callback {
  const given: unknown = output;
  if (typeof given !== 'object' || given === null || !('write' in given)) {
    throw new TypeError(`progress: the output must be a stream, such as process.stderr; got ${show(given)}`);
  }
  switch (verbose) {
    case 0:
      return {};
    case 1:
    case 'auto':
      return output.isTTY ? bars(output) : lines(output);
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

function lines(output: NodeJS.WriteStream): Callback {
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

/** Figures are read only when the bar is drawn, and take no more than a tenth of the time: until then, the text of before. */
function seldom(describe: (logs: Logs) => string): (logs: Logs) => string {
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

function bars(output: NodeJS.WriteStream): Callback {
  // loaded by the first bar: most programs that import this draw none
  const { Presets, SingleBar }: typeof import('cli-progress') = createRequire(import.meta.url)('cli-progress');
  let bar: SingleBar | undefined;
  let began = 0;
  const describe = seldom(describeLogs);
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
    // An epoch that was broken off has left its bar, which goes on drawing.
    onTrainEnd: () => bar?.stop(),
  };
}
