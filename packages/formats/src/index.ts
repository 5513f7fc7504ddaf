// Tensors as bytes and files: safetensors, npy and npz, and files that are replaced as a whole or not at all.

export type { NamedTensors } from './bytes/writing.ts';
export type { FileSystem, Place, ReadableFile, WritableFile } from './files/file-system.ts';
export { filesFor } from './files/host.ts';
export { writeAtomically } from './files/write-atomically.ts';
export type { TensorFile } from './safetensors/read-safetensors.ts';
export {
  loadTensors,
  type SaveTensorsOptions,
  saveTensors,
  tensorsFromBytes,
  tensorsToBytes,
} from './safetensors/safetensors.ts';
