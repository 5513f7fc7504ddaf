// From graph to plan to value: realising nodes, recording functions, and the storage behind values and variables.

export { compileModule } from './compile-module.ts';
export { type ExplainedKernel, explainPlan, type PlanFigures } from './explain.ts';
export { Family } from './family.ts';
export { chooseLevel } from './features.ts';
export { finished, type InParts, inTurns } from './in-parts.ts';
export { makePending } from './pending.ts';
export { planCount } from './plans.ts';
export { type Profiling, profilePlan } from './profile.ts';
export { computeAlong, initialStorageOf, isKnown, readAsync, realize, valueOf } from './realize.ts';
export {
  type ArgumentType,
  captureCall,
  type PlanMaker,
  type Recorded,
  type Recording,
  record,
  recordInParts,
} from './record.ts';
export { disposed, StoredValue, type Values } from './storage.ts';
export { isRecording, outsideRecording, recordingUnderWay, VariableCell } from './variable.ts';
