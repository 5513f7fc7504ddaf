// The command line `treadle`: reads the command and its options, then calls one function. What a command does is in
// `demo/` and `step-file.ts`. Every error becomes one line on stderr and exit code 1.

import { demo } from './demo/demo.ts';
import { type ModelName, modelNames } from './demo/tasks.ts';
import { fail, parseArgs, write } from './node-command.ts';
import { explainFile, profileFile } from './step-file.ts';

const usage = `Usage: treadle <command> [options]

Commands
  demo                 Train a network on 1,797 real handwritten digits and show what it learned.
    --data <folder>      Train on MNIST instead. The folder contains its four IDX files, gzip or not.
    --model <name>       The network: dense, or cnn (convolutional). Default: dense
    --seed <n>           The seed of all random numbers. Default: 1
    --threads <n>        The number of threads. Default: all cores that this process may use

  explain <file>       Show the plan of a function as a table: its kernels, operations, bytes and memory.
                       The function is traced; nothing is computed and no variable changes.

  profile <file>       Call the function and show how long each kernel takes on each thread.
    --runs <n>           The number of calls. The call with the median time is shown. Default: 21
    --threads <n>        The number of threads. Default: all cores that this process may use

The file of explain and profile is a module that exports
  step                 the function
  args                 an array of the arguments to call it with (default: none)
It is JavaScript, or TypeScript on Node 22.18 or newer. The module itself is executed.

Options
  -h, --help           Show this text.
`;

const options = {
  data: { type: 'string' },
  model: { type: 'string', default: 'dense' },
  threads: { type: 'string' },
  seed: { type: 'string', default: '1' },
  runs: { type: 'string', default: '21' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help || positionals.length === 0) {
    write(usage);
    return;
  }
  const [command, ...operands] = positionals;
  const threads = values.threads === undefined ? undefined : wholeNumber('threads', values.threads);
  if (command === 'demo' && operands.length === 0) {
    const model = modelName(values.model);
    await demo({ data: values.data, model, threads, seed: wholeNumber('seed', values.seed) });
  } else if (command === 'explain' || command === 'profile') {
    const path = onlyFile(command, operands);
    const options = { runs: wholeNumber('runs', values.runs), threads };
    const text = command === 'explain' ? await explainFile(path) : await profileFile(path, options);
    write(`${text}\n`);
  } else {
    const got = positionals.join(' ');
    throw new RangeError(`the command must be demo, explain or profile; got ${got}; see treadle --help`);
  }
}

function onlyFile(command: string, operands: readonly string[]): string {
  const [path] = operands;
  if (path !== undefined && operands.length === 1) return path;
  throw new RangeError(`${command} needs exactly one file; got ${operands.join(' ') || 'none'}; see treadle --help`);
}

/** The name of a model. Throws RangeError for any other text. */
function modelName(text: string): ModelName {
  const name = modelNames.find((known) => known === text);
  if (name === undefined) throw new RangeError(`--model must be one of ${modelNames.join(', ')}; got ${text}`);
  return name;
}

/** The value of an option as a number. Throws RangeError unless it consists of digits only. */
function wholeNumber(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new RangeError(`--${option} must be a whole number; got ${text}`);
}

main().catch((error: unknown) => {
  fail(`treadle: ${error instanceof Error ? error.message : String(error)}\n`);
});
