/** The files of downloads. */

import * as raw from "./wasm/urlsession.js";
import { rejection } from "./error.js";
import { mustBeReady } from "./init.js";
import { PARTIAL } from "./resume-data.js";

/** Where downloads without a destination end, as `src/download.rs` has it. */
const FINISHED = "urlsession/downloads";
/** Ends the name of the folder of a partial file's later pieces. */
const SEGMENTS = ".segments";
/** What the names of the locks of files that are written begin with. */
const LOCK = "urlsession:";

/** A file of a download that is still there. */
export interface LeftoverFile {
  /** Its path, for {@link removeFile}. */
  readonly path: string;
  /** True for what there is of a download that is not whole. {@link ResumeData} may go on with it. */
  readonly isPartial: boolean;
  /** How many bytes are there. */
  readonly size: number;
  /** When it was written last, in milliseconds since 1970. */
  readonly lastModified: number;
}

/**
 * Removes a file of the origin's private file system (or of memory, where there is none) by its path, as {@link DownloadResult.path} has it.
 *
 * Rejected with a {@link SessionError}: `fileDoesNotExist` where there is none.
 */
export async function removeFile(path: string): Promise<void> {
  mustBeReady();
  if (typeof path !== "string") throw new TypeError("a path is a text");
  try {
    await raw.file_remove(path);
  } catch (thrown) {
    throw rejection(thrown);
  }
}

/**
 * The files of downloads without a destination that lie in the origin's private file system, of this page and of all before it: whole ones that nobody
 * removed, and what there is of those that were broken off. What a page or worker is just writing is not among them.
 *
 * NSURLSession's system clears such files away; a browser does not, so that an app does it when it begins:
 *
 * ```ts
 * for (const { path, lastModified } of await leftoverFiles()) {
 *   if (lastModified < Date.now() - 7 * 24 * 3600e3) await removeFile(path);
 * }
 * ```
 *
 * Resume data whose partial file is gone begin anew. Beside a destination, a download that is broken off leaves `path.part` and `path.part.resume`,
 * which the next one to the same destination takes over; they are not among these.
 */
export async function leftoverFiles(): Promise<LeftoverFile[]> {
  const storage = (globalThis.navigator as Navigator | undefined)?.storage as StorageManager | undefined;
  // Where there is none, files are in memory, and end with the page.
  const asked = storage?.getDirectory?.();
  const root = asked && (await there(asked));
  if (root === undefined) return [];
  const files = [...(await leftoversIn(root, FINISHED, false)), ...(await leftoversIn(root, PARTIAL, true))];
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return files.filter(({ path }) => !held.some(({ name }) => name === LOCK + path));
}

async function leftoversIn(root: FileSystemDirectoryHandle, path: string, isPartial: boolean): Promise<LeftoverFile[]> {
  let folder: FileSystemDirectoryHandle | undefined = root;
  for (const name of path.split("/")) folder = folder && (await there(folder.getDirectoryHandle(name)));
  const found: LeftoverFile[] = [];
  for await (const { name, size, lastModified } of filesIn(folder)) {
    const leftover = { path: `${path}/${name}`, isPartial, size, lastModified };
    for await (const piece of filesIn(await there(folder!.getDirectoryHandle(name + SEGMENTS)))) {
      leftover.size += piece.size;
      leftover.lastModified = Math.max(leftover.lastModified, piece.lastModified);
    }
    found.push(leftover);
  }
  return found;
}

async function* filesIn(folder: FileSystemDirectoryHandle | undefined): AsyncGenerator<File> {
  if (folder === undefined) return;
  for await (const entry of folder.values()) {
    const file = entry.kind === "file" && (await there((entry as FileSystemFileHandle).getFile()));
    if (file) yield file;
  }
}

/** Nothing in place of what is not there, or not any more. */
function there<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(() => undefined);
}
