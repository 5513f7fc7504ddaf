// Lowering a loop to a part of a plan. Its body becomes kernels of their own, whose slots have another address in each iteration. Those
// addresses are described here by slots of the plan around the loop.

import { bytesOf, type Location, type Operand, type Slot } from '@treadle/kernels';
import type { DynamicAxes } from '../dynamic-batch/dynamic-batch.ts';
import type { SlotSpec } from '../plan/slot-spec.ts';
import { assignBuffers } from '../schedule/buffer-assignment.ts';
import {
  type Iterations,
  type LoopBuffer,
  type LoopBuffers,
  type LoopSlots,
  locationAfter,
} from '../schedule/loop-buffers.ts';
import type { KernelLoop, LoopAddress } from '../schedule/phase.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { type CapturedBody, captureBody, nextPlace, placeKey, withoutNegativeOffset } from '../trace/capture-body.ts';
import type { Lowered } from './lowered.ts';

/** The kernels of a loop's body. */
export interface LoweredBody {
  readonly lowered: Lowered;
  readonly schedule: Schedule;
}

/** The plan around a loop: makes slots, and lowers the body. */
export interface OuterPlan extends LoopSlots {
  /** a record for a kernel that may refuse what it reads */
  record(): Slot;
  /** the slot of the number `times` · rows */
  rows(times: number): Slot;
  lowerBody(body: CapturedBody): LoweredBody;
}

/** The loop, for the schedule. The views of the carries' first values must be dense. */
export function lowerLoop(
  buffers: LoopBuffers,
  inputs: readonly Operand[],
  iterations: Iterations,
  outer: OuterPlan,
  dynamicAxes?: DynamicAxes,
): KernelLoop {
  const { op, carries, requested } = buffers;
  const firstSlice = op.body.carries.length;
  const firstConst = firstSlice + op.body.slices.length;
  const seen = inputs.map(({ slot, view, narrow }, place): SeenInput => {
    const isSlice = place >= firstSlice && place < firstConst;
    const one = isSlice ? { ...view, shape: view.shape.slice(1), strides: view.strides.slice(1) } : view;
    const { view: normal, begin } = withoutNegativeOffset(one);
    const bytes = bytesOf(narrow);
    return { slot, view: normal, narrow, begin: bytes * begin, stride: isSlice ? bytes * (view.strides[0] ?? 0) : 0 };
  });
  const views = seen.map(({ view }) => view);
  const captured = captureBody(op.body, carries, requested, views, dynamicAxes);
  const body = outer.lowerBody(captured);
  const addressing = new LoopAddressing(buffers, seen, iterations, outer, captured, body);
  const addresses = addressing.addresses(body.lowered.slots);
  const touched = (isRead: boolean): readonly Slot[] => {
    const slots = body.lowered.slots.flatMap(({ kind }, slot) => {
      const { first, later } = addresses.get(slot) ?? {};
      if (!first || (kind === 'source' || kind === 'rowCount') !== isRead) return [];
      return later ? [first.slot, later.from.slot] : [first.slot];
    });
    return [...new Set(slots)];
  };
  const { most, perRow } = iterations;
  const { phases } = body.schedule;
  return {
    name: `scan ${most}`,
    iterations: most,
    perRow,
    phases,
    addresses,
    reads: touched(true),
    writes: touched(false),
  };
}

/** An input as a step sees it: the view of a slice or of the whole input, which begins `begin` bytes after the slot. */
interface SeenInput extends Operand {
  readonly begin: number;
  /** bytes from a slice to the next; 0 where all steps see the same */
  readonly stride: number;
}

/** Finds the addresses of a body's slots in each iteration. */
class LoopAddressing {
  readonly #buffers: LoopBuffers;
  readonly #inputs: readonly SeenInput[];
  readonly #iterations: Iterations;
  readonly #outer: OuterPlan;
  readonly #captured: CapturedBody;
  /** by output of the body: the key of its place */
  readonly #outputs = new Map<number, string>();
  readonly #intermediates: ReadonlyMap<Slot, LoopAddress>;
  readonly #addresses = new Map<Slot, LoopAddress>();

  constructor(
    buffers: LoopBuffers,
    inputs: readonly SeenInput[],
    iterations: Iterations,
    outer: OuterPlan,
    captured: CapturedBody,
    { lowered, schedule }: LoweredBody,
  ) {
    this.#buffers = buffers;
    this.#inputs = inputs;
    this.#iterations = iterations;
    this.#outer = outer;
    this.#captured = captured;
    this.#intermediates = layOutIntermediates(lowered, schedule, outer);
    lowered.outputOf.forEach((output, root) => {
      const place = captured.roots[root];
      if (output !== undefined && place !== undefined) this.#outputs.set(output, placeKey(place));
    });
  }

  addresses(specs: readonly SlotSpec[]): ReadonlyMap<Slot, LoopAddress> {
    specs.forEach((spec, slot) => {
      const address = this.#addressOf(spec, slot);
      if (address) this.#addresses.set(slot, address);
    });
    return this.#addresses;
  }

  #addressOf(spec: SlotSpec, slot: Slot): LoopAddress | undefined {
    switch (spec.kind) {
      case 'source':
        return this.#inputAddress(this.#captured.inputs[spec.source] ?? -1);
      case 'output': {
        const { first, stride, alternates } = this.#bufferOf(this.#outputs.get(spec.output) ?? '');
        return { first, later: { from: offsetBy(first, stride), stride: alternates ? -stride : stride, alternates } };
      }
      case 'refusal':
        return { first: { slot: this.#outer.record(), byteOffset: 0 } };
      case 'rowCount':
        return { first: { slot: this.#outer.rows(spec.times), byteOffset: 0 } };
      case 'intermediate':
        return this.#intermediates.get(slot);
      case 'shifted':
        return this.#shifted(this.#addresses.get(spec.of), spec);
      case 'target':
        throw new Error('internal: a body assigns nothing');
    }
  }

  #inputAddress(place: number): LoopAddress {
    const { op, begins } = this.#buffers;
    const input = this.#inputs[place];
    if (!input) throw new Error('internal: a loop lacks an input');
    const { slot, begin, stride } = input;
    const all = { slot, byteOffset: begin };
    if (place < op.body.carries.length) {
      // an iteration reads a carry where the one before has written it
      const { first, stride, alternates } = this.#bufferOf(`${nextPlace(op.body, place)}`);
      return { first: begins.get(place) ?? all, later: { from: first, stride, alternates } };
    }
    if (stride === 0 || this.#iterations.most === 1) return { first: all };
    const signed = op.isReversed ? -stride : stride;
    const first = op.isReversed ? locationAfter(this.#outer, this.#iterations, slot, begin - stride, stride) : all;
    return { first, later: { from: offsetBy(first, signed), stride: signed, alternates: false } };
  }

  #bufferOf(key: string): LoopBuffer {
    const buffer = this.#buffers.buffers.get(key);
    if (!buffer) throw new Error('internal: a value of a step without a buffer');
    return buffer;
  }

  /** An address, shifted by what follows from the rows of a run. */
  #shifted(address: LoopAddress | undefined, { by }: Extract<SlotSpec, { kind: 'shifted' }>): LoopAddress | undefined {
    if (!address) return undefined;
    const shifted = ({ slot, byteOffset }: Location): Location => ({ slot: this.#outer.shifted(slot, by), byteOffset });
    const first = shifted(address.first);
    return address.later ? { first, later: { ...address.later, from: shifted(address.later.from) } } : { first };
  }
}

function offsetBy({ slot, byteOffset }: Location, bytes: number): Location {
  return { slot, byteOffset: byteOffset + bytes };
}

/** The intermediates of a body in one buffer of the plan around it: they have the same address in all iterations. */
function layOutIntermediates(
  { slots: specs }: Lowered,
  { lifetimes }: Schedule,
  outer: OuterPlan,
): ReadonlyMap<Slot, LoopAddress> {
  const slots: Slot[] = [];
  const sizes: { bytes: number; first: number; last: number }[] = [];
  specs.forEach((spec, slot) => {
    const touched = lifetimes.get(slot);
    if (spec.kind !== 'intermediate' || !touched) return;
    slots.push(slot);
    sizes.push({ bytes: spec.bytes, ...touched });
  });
  if (slots.length === 0) return new Map();
  const { offsets, bytes } = assignBuffers(sizes);
  const block = outer.allocate(bytes);
  return new Map(slots.map((slot, i) => [slot, { first: { slot: block, byteOffset: offsets[i] ?? 0 } }]));
}
