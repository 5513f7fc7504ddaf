// The state behind a variable, and what assigning it means. Outside of a recording an assignment is made by the next run, which
// writes the value in place; what was written down with the old value keeps a copy of it. While a function is recorded, an
// assignment only changes which node the variable stands for; the recording carries it out when it runs.

import {
  applyOp,
  checkOutsideLoop,
  type Dtype,
  DtypeError,
  type MoveOp,
  type Node,
  type Shape,
  ShapeError,
  sameShape,
  settle,
  showShape,
  sourceNode,
  type VariableState,
} from '@treadle/graph';
import { flushAssignments, pendingValue, postpone, takeBack } from './deferred-assignments.ts';
import { disposed, type StoredValue } from './stored-value.ts';

/** The assignments of a function that is recorded. */
export type Assignments = ReadonlyMap<VariableCell, Node>;

interface NotedAssignments {
  /** stands for the recording where what is noted here should not be held */
  readonly identity: object;
  readonly assignments: Map<VariableCell, Node>;
  /** what variables stand for in the function: nodes of the recording's own, for its plan reads them anew in every run */
  readonly nodes: Map<VariableCell, Node>;
}

/** undefined when nothing is recorded */
let recording: NotedAssignments | undefined;

export function isRecording(): boolean {
  return recording !== undefined;
}

/** An object that stands for the recording under way; undefined when nothing is recorded. */
export function recordingUnderWay(): object | undefined {
  return recording?.identity;
}

/** Runs `f`, which is told what stands for the recording, with its assignments noted instead of made. */
export function noteAssignments<T>(f: (identity: object) => T): {
  readonly result: T;
  readonly assignments: Assignments;
} {
  const noted: NotedAssignments = { identity: {}, assignments: new Map(), nodes: new Map() };
  return { result: runIn(noted, () => f(noted.identity)), assignments: noted.assignments };
}

/**
 * Runs `f` as if no function were recorded: random numbers are drawn and values are known at once. For what is made once,
 * whenever that happens to be, such as the initial values of weights.
 */
export function outsideRecording<T>(f: () => T): T {
  return runIn(undefined, () => {
    const result = f();
    flushAssignments(); // the recording is run without another look at assignments that wait
    return result;
  });
}

function runIn<T>(noted: NotedAssignments | undefined, f: () => T): T {
  const outer = recording;
  recording = noted;
  try {
    return f();
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
  stopsGradients: true,
  gradient: () => [],
};

export class VariableCell implements VariableState {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly storage: StoredValue;
  #node: Node;
  #isDisposed = false;

  /** `storage` is the variable's own from now on. */
  constructor(storage: StoredValue, shape: Shape, dtype: Dtype) {
    this.shape = shape;
    this.dtype = dtype;
    this.storage = storage;
    this.storage.hold();
    this.#node = this.#present();
  }

  /** What the variable stands for now. */
  get node(): Node {
    if (this.#isDisposed) throw disposed();
    if (!recording) {
      if (pendingValue(this)) flushAssignments();
      return this.#node;
    }
    const node = recording.nodes.get(this) ?? this.#present(recording.identity);
    recording.nodes.set(this, node);
    return node;
  }

  /** A node of the value that the variable has now; an assignment that waits goes on waiting. */
  get valueNode(): Node {
    if (recording || this.#isDisposed) return this.node;
    return pendingValue(this) ?? this.#node;
  }

  /** Makes `value` the variable's value, for everybody who asks from now on. */
  assign(value: Node): void {
    if (this.#isDisposed) throw disposed();
    checkOutsideLoop('a step must not assign variables', 'let it be a carry, and assign what scan gives');
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
    if (value.recording) {
      throw new Error(
        `assign: the value must not come from inside a compiled function; got ${showShape(value.shape)} ${value.dtype} made ` +
          'while one was recorded; return it from the function and assign the result',
      );
    }
    postpone(this, value);
  }

  /**
   * Before a plan writes the storage in place: what was computed from the value so far gets a copy of it. A plan that reads
   * the value itself must be bound to the storage before.
   */
  keepOld(): void {
    if (this.#isDisposed) throw disposed();
    const old = this.#node;
    if (old.uses === 0) return;
    this.#leave(this.storage.copy());
    this.#node = this.#present();
  }

  /** Frees the value, once nothing that was computed from it needs it any more. An assignment that waits is not made. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    takeBack(this);
    if (this.#node.uses > 0) this.#leave(this.storage);
    this.storage.letGo();
  }

  /** Leaves the node to what was computed from it, with a storage of its own. */
  #leave(storage: StoredValue): void {
    this.#node.isFreedWithUse = true;
    settle(this.#node, { kind: 'stored', storage });
  }

  #present(identity?: object): Node {
    return sourceNode({ kind: 'variable', state: this }, this.shape, this.dtype, { recording: identity });
  }
}
