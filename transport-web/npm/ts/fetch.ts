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

const WORDS: readonly (keyof FetchOptions)[] = [
  "credentials",
  "redirect",
  "referrerPolicy",
  "keepalive",
  "streamsUploads",
  "countsUploads",
];

const CHOICES: Partial<Record<keyof FetchOptions, readonly string[]>> = {
  credentials: ["omit", "same-origin", "include"],
  redirect: ["follow", "error"],
};

/** The options as the part in WebAssembly takes them, in a line; the empty text where nothing is said. */
export function fetchText(options: FetchOptions): string {
  const said = WORDS.map((word) => {
    const value = options[word];
    if (value === undefined) return "";
    const choices = CHOICES[word];
    if (choices !== undefined && !choices.includes(String(value))) throw new TypeError(`no such ${word}: ${String(value)}`);
    return String(value).replace(/\s/g, "");
  });
  return said.some(Boolean) ? said.join(" ") : "";
}
