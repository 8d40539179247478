/** What it takes to go on with a download. */

import { fileIn, folderAt, there, whole } from "./private-files.js";

/** Where the files of downloads are on their way, as transport-web has it. */
export const PARTIAL = ".urlsession";

/**
 * What a download that stopped needs to go on, in another session, page or day too: from {@link DownloadTask.cancelProducingResumeData}, or from the
 * {@link SessionError} of one that failed.
 *
 * A text of a few hundred bytes that names the partial file, which stays where it is. A request's secrets (Authorization, Cookie) are not part of it:
 * they are given again, as the request's header fields.
 *
 * ```ts
 * const data = await task.cancelProducingResumeData();
 * localStorage.setItem("later", JSON.stringify(data));
 * // …
 * const stored = ResumeData.fromJSON(JSON.parse(localStorage.getItem("later")!));
 * session.downloadTask({ resumeData: stored }).resume();
 * ```
 */
export class ResumeData {
  readonly #text: string;

  /** @internal */
  constructor(text: string) {
    this.#text = text;
  }

  /** Reads what {@link toJSON} gave. Whether it is of use shows when a task goes on with it. */
  static fromJSON(json: unknown): ResumeData {
    if (typeof json !== "string") throw new TypeError("resume data are a string");
    return new ResumeData(json);
  }

  /**
   * What lies beside `destination` of a download to it that did not end, because its page was closed, say; `null` when there is none that can be gone
   * on with. To go on, name the destination again:
   *
   * ```ts
   * const resumeData = await ResumeData.forDestination("films/1.mp4");
   * const input = resumeData ? { resumeData } : "/films/1.mp4";
   * const { file } = await session.download(input, { destination: "films/1.mp4" });
   * ```
   */
  static async forDestination(destination: string): Promise<ResumeData | null> {
    const path = destination.split("/").filter((part) => part !== "" && part !== ".");
    const name = `${path.pop()}.part`;
    const folder = await folderAt(path);
    const file = await fileIn(folder, name);
    // Of a download that is under way it may be replaced meanwhile.
    const journal = await there((await fileIn(folder, `${name}.resume`))?.text());
    if (file === undefined || journal === undefined) return null;
    const data = new ResumeData(journal);
    const [, received] = /^received (\d+)$/m.exec(data.#text) ?? [];
    const hasAll = (await whole(folder!, file)).size >= Number(received);
    return hasAll && /^(etag|modified) /m.test(data.#text) ? data : null;
  }

  /** Where the partial file is, as {@link leftoverFiles} has it; `null` where it lies beside a destination. */
  get path(): string | null {
    const name = /^temporary (.+)$/m.exec(this.#text)?.[1];
    return name === undefined ? null : `${PARTIAL}/${name}`;
  }

  /** The stored form. */
  toJSON(): string {
    return this.#text;
  }

  /** The stored form. */
  toString(): string {
    return this.#text;
  }
}
