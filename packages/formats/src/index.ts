// Tensors as bytes and files: safetensors, npy and npz, and files that are replaced as a whole or not at all.

export { crc32 } from './bytes/crc32.ts';
export { type NamedTensors, type OutgoingFile, toBytes } from './bytes/writing.ts';
export type { FileSystem, Place, ReadableFile, WritableFile } from './files/file-system.ts';
export { filesFor } from './files/host.ts';
export { writeAtomically } from './files/write-atomically.ts';
export { loadNpy, npyFromBytes, npyToBytes, saveNpy } from './numpy/npy.ts';
export {
  type LoadNpzOptions,
  loadNpz,
  npzFromBytes,
  npzToBytes,
  openNpz,
  type SaveNpzOptions,
  saveNpz,
} from './numpy/npz.ts';
export type { TensorFile } from './safetensors/read-safetensors.ts';
export {
  loadTensors,
  type SaveTensorsOptions,
  saveTensors,
  tensorsFromBytes,
  tensorsToBytes,
} from './safetensors/safetensors.ts';
