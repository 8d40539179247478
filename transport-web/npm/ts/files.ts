/** The files of downloads. */

import * as raw from "./wasm/urlsession.js";
import { Ask } from "./calls.js";
import { rejection } from "./error.js";
import { mustBeReady } from "./init.js";
import { bring } from "./parts.js";
import { filesIn, folderAt, there } from "./private-files.js";
import { PARTIAL } from "./resume-data.js";

/** Where downloads without a destination end, as `src/download.rs` has it. */
const FINISHED = "urlsession/downloads";
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
  await bring(["downloads"]);
  try {
    await raw.ask(Ask.RemoveFile, 0, 0, path, undefined);
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
 * Resume data whose partial file is gone begin anew. Beside a destination, a download that is broken off leaves `path.part` and `path.part.resume`
 * ({@link ResumeData.forDestination}); they are not among these.
 */
export async function leftoverFiles(): Promise<LeftoverFile[]> {
  const files: LeftoverFile[] = [];
  for (const path of [FINISHED, PARTIAL]) {
    for await (const { name, size, lastModified } of filesIn(await folderAt(path.split("/")))) {
      files.push({ path: `${path}/${name}`, isPartial: path === PARTIAL, size, lastModified });
    }
  }
  const locks = (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
  const { held = [] } = (await there(locks?.query())) ?? {};
  return files.filter(({ path }) => !held.some(({ name }) => name === LOCK + path));
}
