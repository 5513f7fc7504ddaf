// The state behind a variable, and what assigning it means. Outside of a recording an assignment computes its value at once
// and writes it in place; what was written down with the old value keeps a copy of it. While a function is recorded, an
// assignment only changes which node the variable stands for; the recording carries it out when it runs.

import {
  applyOp,
  type Dtype,
  DtypeError,
  type MoveOp,
  type Node,
  type Shape,
  ShapeError,
  sameShape,
  showShape,
  sourceNode,
  type VariableState,
} from '@treadle/graph';
import { StoredValue, type Values } from './storage.ts';

/** The assignments of a function that is recorded. */
export type Assignments = ReadonlyMap<VariableCell, Node>;

interface Noted {
  /** stands for the recording where what is noted here should not be held */
  readonly identity: object;
  readonly assignments: Map<VariableCell, Node>;
  /** what variables stand for in the function: nodes of the recording's own, for its plan reads them anew in every run */
  readonly nodes: Map<VariableCell, Node>;
}

/** undefined when nothing is recorded */
let recording: Noted | undefined;

export function isRecording(): boolean {
  return recording !== undefined;
}

/** An object that stands for the recording under way; undefined when nothing is recorded. */
export function recordingUnderWay(): object | undefined {
  return recording?.identity;
}

/** Runs `f` with its assignments noted instead of made. */
export function noteAssignments<T>(f: () => T): { readonly result: T; readonly assignments: Assignments } {
  const outer = recording;
  const noted: Noted = { identity: {}, assignments: new Map(), nodes: new Map() };
  recording = noted;
  try {
    return { result: f(), assignments: noted.assignments };
  } finally {
    recording = outer;
  }
}

/** What a variable stands for after an assignment in a recording: the value, but no gradient passes on to how it was computed. */
const assigned: MoveOp = {
  kind: 'move',
  name: 'assigned',
  key: 'assigned',
  view: (value) => value,
  gradient: () => [],
};

export class VariableCell implements VariableState {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly storage: StoredValue;
  #node: Node;

  constructor(values: Values, shape: Shape, dtype: Dtype) {
    this.shape = shape;
    this.dtype = dtype;
    this.storage = StoredValue.fixed(values, dtype);
    this.#node = this.#present();
  }

  /** What the variable stands for now. */
  get node(): Node {
    if (!recording) return this.#node;
    const node = recording.nodes.get(this) ?? this.#present();
    recording.nodes.set(this, node);
    return node;
  }

  /** Makes `value` the variable's value; `write` computes nodes into variables, at once. */
  assign(value: Node, write: (cell: VariableCell, value: Node) => void): void {
    if (!sameShape(value.shape, this.shape)) {
      throw new ShapeError(
        `assign: a variable keeps its shape; got ${showShape(value.shape)} for ${showShape(this.shape)}`,
      );
    }
    if (value.dtype !== this.dtype) {
      throw new DtypeError(`assign: a variable keeps its dtype; got ${value.dtype} for ${this.dtype}`);
    }
    if (recording) {
      recording.assignments.set(this, value);
      recording.nodes.set(this, applyOp(assigned, [value], this.shape, this.dtype));
      return;
    }
    const old = this.#node;
    const kept = old.used ? this.storage.read() : undefined;
    write(this, value);
    // Whatever was computed from the old value goes on seeing it.
    if (kept) {
      old.source = { kind: 'stored', storage: StoredValue.of(kept, this.dtype) };
      this.#node = this.#present();
    }
  }

  /** Before a plan writes the storage in place: whatever was computed from the value so far goes on seeing it. */
  keepOld(): void {
    if (!this.#node.used) return;
    this.#node.source = { kind: 'stored', storage: StoredValue.of(this.storage.read(), this.dtype) };
    this.#node = this.#present();
  }

  #present(): Node {
    return sourceNode({ kind: 'variable', state: this }, this.shape, this.dtype);
  }
}
