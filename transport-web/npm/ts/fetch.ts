/** What `fetch` can be told and NSURLSession has no word for. */

/** Options of `fetch`, for a session's requests or for one; what a request says wins. Each may be left out. */
export interface FetchOptions {
  /** To which servers the browser sends its cookies. Default `same-origin`. */
  credentials?: RequestCredentials;
  /** What becomes of redirects, none of which a browser shows: they are followed, or fail the task with `httpTooManyRedirects`. */
  redirect?: "follow" | "error";
  /** How much of the page's URL a server is told. */
  referrerPolicy?: ReferrerPolicy;
  /** The request goes on when the page is closed. Its body may have 64 KiB. */
  keepalive?: boolean;
  /** Bodies that are streams go out as they come (Chromium, over HTTP/2 and later), or are gathered first. Default: where it is known to work. */
  streamsUploads?: boolean;
  /** Sent bytes are counted as they leave (by `XMLHttpRequest`, where there is one). Default: for large bodies that somebody watches. */
  countsUploads?: boolean;
}

/** A number's bits for each option, and its words, which count from 1; 0 is for what is not said. The order is that of `src/fetch.rs`. */
const OPTIONS: readonly [option: keyof FetchOptions, bits: number, words: readonly string[]][] = [
  ["credentials", 2, ["omit", "same-origin", "include"]],
  ["redirect", 2, ["follow", "error"]],
  [
    "referrerPolicy",
    4,
    [
      "no-referrer",
      "no-referrer-when-downgrade",
      "origin-when-cross-origin",
      "same-origin",
      "origin",
      "strict-origin",
      "strict-origin-when-cross-origin",
      "unsafe-url",
    ],
  ],
  ["keepalive", 2, ["false", "true"]],
  ["streamsUploads", 2, ["false", "true"]],
  ["countsUploads", 2, ["false", "true"]],
];

/** Options that take no other words than those there are. */
const STRICT: readonly string[] = ["credentials", "redirect"];

/** The options as the part in WebAssembly takes them, in a number's bits; 0 where nothing is said. */
export function fetchBits(options: FetchOptions): number {
  let all = 0;
  let at = 0;
  for (const [option, bits, words] of OPTIONS) {
    const value = options[option];
    const place = words.indexOf(String(value)) + 1;
    if (place === 0 && value !== undefined && STRICT.includes(option)) throw new TypeError(`no such ${option}: ${String(value)}`);
    all |= place << at;
    at += bits;
  }
  return all;
}
