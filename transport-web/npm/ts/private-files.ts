/** The origin's private file system, looked into as transport-web lays it out. */

/** Ends the name of the folder of a file's later pieces. */
const SEGMENTS = ".segments";

/** A file, with its later pieces. */
export interface Kept {
  name: string;
  size: number;
  lastModified: number;
}

/** The folder at a path; undefined where it is not there, or there is no such file system. */
export async function folderAt(path: readonly string[]): Promise<FileSystemDirectoryHandle | undefined> {
  const storage = (globalThis.navigator as Navigator | undefined)?.storage as StorageManager | undefined;
  let folder = await there(storage?.getDirectory?.());
  for (const name of path) folder = await there(folder?.getDirectoryHandle(name));
  return folder;
}

/** The files in a folder. */
export async function* filesIn(folder: FileSystemDirectoryHandle | undefined): AsyncGenerator<Kept> {
  if (folder === undefined) return;
  for await (const { kind, name } of folder.values()) {
    const file = kind === "file" ? await fileIn(folder, name) : undefined;
    if (file !== undefined) yield whole(folder, file);
  }
}

/** A file of a folder, as the browser has it; undefined where it is not there. */
export async function fileIn(folder: FileSystemDirectoryHandle | undefined, name: string): Promise<File | undefined> {
  const handle = await there(folder?.getFileHandle(name));
  return there(handle?.getFile());
}

/** The same with its later pieces. */
export async function whole(folder: FileSystemDirectoryHandle, { name, size, lastModified }: Kept): Promise<Kept> {
  const kept = { name, size, lastModified };
  for await (const piece of filesIn(await there(folder.getDirectoryHandle(name + SEGMENTS)))) {
    kept.size += piece.size;
    kept.lastModified = Math.max(kept.lastModified, piece.lastModified);
  }
  return kept;
}

/** Nothing in place of what is not there, or not any more. */
export function there<T>(promise: Promise<T> | undefined): Promise<T | undefined> {
  return Promise.resolve(promise).catch(() => undefined);
}
