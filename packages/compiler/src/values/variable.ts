// The state of a variable, and what assigning means. Outside of a recording an assignment is made by the next run, which writes the value
// in place; nodes that were computed from the old value keep a copy of it. While a function is recorded, an assignment only changes
// the node that the variable stands for; the recording makes the assignment when it runs.

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
  setSourceAndForgetHistory,
  showShape,
  sourceNode,
} from '@treadle/graph';
import {
  type AssignmentTarget,
  deferAssignment,
  dropAssignment,
  flushAssignments,
  pendingValue,
} from './deferred-assignments.ts';
import { disposed, type StoredValue } from './stored-value.ts';

/** The assignments of a recorded function, by variable. */
export type Assignments = ReadonlyMap<VariableCell, Node>;

interface NotedAssignments {
  /** an object that stands for the recording without holding its nodes */
  readonly identity: object;
  readonly assignments: Map<VariableCell, Node>;
  /** by variable: the node that it stands for in the function; a run of the recording reads its value anew */
  readonly nodes: Map<VariableCell, Node>;
}

/** undefined when nothing is recorded */
let recording: NotedAssignments | undefined;

/** Whether a function is being recorded. */
export function isRecording(): boolean {
  return recording !== undefined;
}

/** The identity of the recording under way; undefined when nothing is recorded. */
export function recordingUnderWay(): object | undefined {
  return recording?.identity;
}

/** Calls `f` with the identity of a new recording. Assignments that it makes are noted, not made. */
export function noteAssignments<T>(f: (identity: object) => T): {
  readonly result: T;
  readonly assignments: Assignments;
} {
  const inRecording: NotedAssignments = { identity: {}, assignments: new Map(), nodes: new Map() };
  return { result: runIn(inRecording, () => f(inRecording.identity)), assignments: inRecording.assignments };
}

/**
 * Calls `f` as if no function were recorded: values are known and random numbers are drawn at once. For what is made once, such as the
 * initial values of weights.
 */
export function outsideRecording<T>(f: () => T): T {
  return runIn(undefined, () => {
    const result = f();
    flushAssignments(); // the recording runs without looking at deferred assignments
    return result;
  });
}

function runIn<T>(inRecording: NotedAssignments | undefined, f: () => T): T {
  const outer = recording;
  recording = inRecording;
  try {
    return f();
  } finally {
    recording = outer;
  }
}

/** The op of the node that a variable stands for after an assignment in a recording: the value, without its gradient. */
const assigned: MoveOp = {
  kind: 'move',
  name: 'assigned',
  key: 'assigned',
  view: (value) => value,
  stopsGradients: true,
  gradient: () => [],
};

/** A variable: a value that plans write in place, and the node that stands for it. */
export class VariableCell implements AssignmentTarget {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly storage: StoredValue;
  #node: Node;
  #isDisposed = false;

  /** Takes over the storage. */
  constructor(storage: StoredValue, shape: Shape, dtype: Dtype) {
    this.shape = shape;
    this.dtype = dtype;
    this.storage = storage;
    this.storage.hold();
    this.#node = this.#present();
  }

  /** The node that the variable stands for now. Outside of a recording makes deferred assignments to it first. */
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

  /** A node with the variable's present value. Makes no deferred assignment. */
  get valueNode(): Node {
    if (recording || this.#isDisposed) return this.node;
    return pendingValue(this) ?? this.#node;
  }

  /**
   * Assigns the value of a node: from now on the variable has this value.
   *
   * @throws ShapeError or DtypeError for another shape or dtype, Error inside of scan or for a node of another recording.
   */
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
    deferAssignment(this, value);
  }

  /**
   * Gives nodes that were computed from the present value a copy of it, before a plan overwrites the storage. A plan that reads the value
   * itself must be bound before.
   */
  keepOld(): void {
    if (this.#isDisposed) throw disposed();
    const old = this.#node;
    if (old.uses === 0) return;
    this.#leave(this.storage.copy());
    this.#node = this.#present();
  }

  /** Frees the value when no node that was computed from it needs it. A deferred assignment to the variable is dropped. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    dropAssignment(this);
    if (this.#node.uses > 0) this.#leave(this.storage);
    this.storage.letGo();
  }

  /** Gives up the node to those that were computed from it, with a storage of its own. */
  #leave(storage: StoredValue): void {
    this.#node.isFreedWithUse = true;
    setSourceAndForgetHistory(this.#node, { kind: 'stored', storage });
  }

  #present(identity?: object): Node {
    return sourceNode({ kind: 'variable', state: this }, this.shape, this.dtype, { recording: identity });
  }
}
