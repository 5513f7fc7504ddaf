// What other packages use of the compiler: computing nodes, recording functions as plans, and the storage of values and variables.

export { compileModule } from './code/compile-module.ts';
export { chooseLevel } from './code/instruction-level.ts';
export { type Interruptible, runInTurns, runToEnd } from './code/interruptible.ts';
export { SharedPlan } from './dynamic-batch/shared-plan.ts';
export { type ExplainedKernel, explainPlan, type PlanFigures } from './inspect/explain.ts';
export { type Profiling, profilePlan } from './inspect/profile.ts';
export { planCount } from './plan/plan-cache.ts';
export {
  type ArgumentType,
  captureCall,
  type PlanMaker,
  type Recorded,
  type Recording,
  recordInterruptibly,
} from './trace/record.ts';
export { flushAssignments } from './values/deferred-assignments.ts';
export {
  computeAlong,
  initialStorageOf,
  isConcrete,
  readAsync,
  realize,
  valueOf,
  whenKnown,
} from './values/realize.ts';
export { disposed, StoredValue } from './values/stored-value.ts';
export { isRecording, outsideRecording, recordingUnderWay, VariableCell } from './values/variable.ts';
