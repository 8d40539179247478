/** The head of a response. */

import { suggestedFilename } from "./file-name.js";
import { copied, type Fields, fieldsOf, firstLine, flat, lines, secondLine } from "./wire.js";

/**
 * The head of a response; `HTTPURLResponse` of NSURLSession.
 *
 * Of a server of another origin there are only those header fields that it exposes (`Access-Control-Expose-Headers`).
 */
export class HTTPURLResponse {
  /** The URL that gave it: the last one, after redirects. */
  readonly url: string;
  /** The status code, 100 to 999. */
  readonly status: number;
  readonly #text: string;
  /** The fields, where they are in the browser's hands and not in the text. */
  readonly #told: Headers | undefined;
  #headers: Headers | undefined;

  /** @internal */
  constructor(text: string, told?: Headers) {
    if (typeof text !== "string") throw new TypeError("heads of responses are made by `HTTPURLResponse.of`");
    this.#text = text;
    this.#told = told;
    this.url = firstLine(text);
    this.status = Number(secondLine(text));
  }

  /** A head of one's own: for `UrlCache.storeCachedResponse`, and delegates that change what is cached. */
  static of(url: string | URL, status = 200, headers?: Fields): HTTPURLResponse {
    if (!Number.isInteger(status) || status < 100 || status > 999) throw new TypeError("not a status");
    return new HTTPURLResponse(lines([new URL(url).href, String(status), ...flat(headers)]));
  }

  /** @internal */
  get _text(): string {
    return this.#told === undefined ? this.#text : lines([this.url, String(this.status), ...flat(this.headers)]);
  }

  /** True when the status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The header fields. */
  get headers(): Headers {
    return (this.#headers ??= this.#told === undefined ? fieldsOf(this.#text) : copied(this.#told));
  }

  /** The values of a header field joined by `, `; `null` when it is absent. */
  value(name: string): string | null {
    return this.headers.get(name);
  }

  /** The media type of Content-Type without its parameters, lower-cased; `null` when there is none. */
  get mimeType(): string | null {
    const essence = (this.value("content-type") ?? "").split(";")[0]?.trim();
    return essence ? essence.toLowerCase() : null;
  }

  /** The `charset` parameter of Content-Type, lower-cased; `null` when there is none. */
  get textEncodingName(): string | null {
    const found = /;\s*charset\s*=\s*("?)([^";]+)\1/i.exec(this.value("content-type") ?? "");
    return found?.[2]?.trim().toLowerCase() ?? null;
  }

  /**
   * Content-Length: the length of the body as it is sent, which is not that of what a coded body (gzip, br) decodes to; `null` when it is
   * absent.
   */
  get expectedContentLength(): number | null {
    const length = this.value("content-length") ?? "";
    return /^\d+$/.test(length) ? Number(length) : null;
  }

  /**
   * A name for a file of this content: Content-Disposition's, else the last part of the path, else the host. It is safe to be used as the name
   * of a file.
   */
  get suggestedFilename(): string {
    return suggestedFilename(this.url, this.value("content-disposition"));
  }
}
