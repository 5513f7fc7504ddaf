// The bench's side of a peer: starts its process, sends requests, and reads answers after the mark.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Answer, mark, type Request } from './peer.ts';

export interface PeerSpec {
  readonly name: string;
  readonly threads: number;
  /** a file in this folder, and its arguments */
  readonly file: string;
  readonly args: readonly string[];
  /** this Node by default */
  readonly command?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class PeerProcess {
  readonly spec: PeerSpec;
  readonly #child: ChildProcess;
  #resolve: ((answer: Answer) => void) | undefined;
  #errors = '';
  #ended = false;

  constructor(spec: PeerSpec) {
    this.spec = spec;
    const file = fileURLToPath(new URL(spec.file, import.meta.url));
    const env = { ...process.env, NODE_NO_WARNINGS: '1', ...spec.env };
    this.#child = spawn(spec.command ?? process.execPath, [file, ...spec.args], { env, stdio: 'pipe' });
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#errors = (this.#errors + text.toString()).slice(-2000);
    });
    this.#child.stdin?.on('error', () => {}); // 'close' reports the end of the process
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', () => this.#end(/\w*Error: .*/.exec(this.#errors)?.[0] ?? 'the process ended'));
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        if (line.startsWith(mark)) this.#settle(JSON.parse(line.slice(mark.length)));
      });
    }
  }

  #end(reason: string): void {
    if (!this.#ended) this.#errors = reason;
    this.#ended = true;
    this.#settle({ cannot: reason });
  }

  #settle(answer: Answer): void {
    this.#resolve?.(answer);
    this.#resolve = undefined;
  }

  /** Sends a request. Resolves to the answer, or to the reason why the process ended. */
  ask(request: Request): Promise<Answer> {
    if (this.#ended) return Promise.resolve({ cannot: this.#errors });
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  }

  end(): void {
    this.#child.stdin?.end();
    this.#child.kill();
  }
}
