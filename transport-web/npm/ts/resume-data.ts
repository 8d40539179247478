/** What it takes to go on with a download. */

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
