/** The files of downloads. */

import * as raw from "./wasm/urlsession.js";
import { rejection } from "./error.js";
import { mustBeReady } from "./init.js";

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
