/** What is asked for. */

import { type CachePolicy, cachePolicy, type NetworkServiceType, serviceType } from "./configuration.js";
import { type FetchOptions, fetchBits } from "./fetch.js";
import { type Fields, fieldsOf, firstLine, flat, lines, secondLine } from "./wire.js";
import { contentOf, type RequestBody } from "./body.js";

/** A request, as an object. Each member but `url` may be left out. */
export interface URLRequestInit extends FetchOptions {
  /** Where it goes; what is relative is so to the page or worker. */
  url: string | URL;
  /** The method. Default GET, or POST for an upload task. */
  method?: string;
  /** Header fields. Browsers keep some to themselves (Cookie, Host, Content-Length, …) and drop them. */
  headers?: Fields;
  /** What it carries; an upload task's own body goes in its place. */
  body?: RequestBody | null;
  /** How it uses the cache; default as the session's configuration says. */
  cachePolicy?: CachePolicy;
  /** How many seconds nothing may arrive or leave before the task fails; default as the configuration says. */
  timeoutInterval?: number;
  /** What its traffic is for. Without effect in browsers. */
  networkServiceType?: NetworkServiceType;
  /** Whether it may use a cellular network. Default true; it cannot allow what the configuration forbids. */
  allowsCellularAccess?: boolean;
  /** Whether it may use a network whose bytes cost money. Default true. */
  allowsExpensiveNetworkAccess?: boolean;
  /** Whether it may use a network that the user wants little data on (Data Saver). Default true. */
  allowsConstrainedNetworkAccess?: boolean;
}

/** What a task can be made of: a URL to GET, a request as an object, or a browser's `Request`. */
export type RequestInput = string | URL | URLRequestInit | Request;

/** A request as a task has it. */
export class URLRequest {
  /** The method. */
  readonly method: string;
  /** The URL, absolute. */
  readonly url: string;
  readonly #text: string;
  #headers: Headers | undefined;

  /** @internal */
  constructor(text: string) {
    this.#text = text;
    this.method = firstLine(text);
    this.url = secondLine(text);
  }

  /** The header fields that the app set. */
  get headers(): Headers {
    return (this.#headers ??= fieldsOf(this.#text));
  }
}

/** A request as the part in WebAssembly takes it. */
export interface Taken {
  text: string;
  timeout: number;
  /** What else it says, in bits; as `src/session.rs` has them. */
  traits: number;
  body: unknown;
  /** The body takes more than the first part of the module: it is long, or no bytes, or to be counted. */
  isLong: boolean;
  signal: AbortSignal | null;
}

/** From so many bytes on a body is long, as `outgoing.rs` of the transport has it. */
const LONG = 16 * 1024;

/** At most how many bytes a body has. */
function atMost(body: unknown): number {
  // A character has three bytes at most.
  return typeof body === "string" ? body.length * 3 : body instanceof Uint8Array ? body.length : Infinity;
}

/** Takes a request in any of its forms. */
export function taken(input: RequestInput, upload?: RequestBody): Taken {
  const init: URLRequestInit & { signal?: AbortSignal | null } =
    typeof input === "string" || input instanceof URL ? { url: input } : ofObject(input);
  const carried = upload ?? init.body;
  const content = carried === undefined || carried === null ? undefined : contentOf(carried);
  const fields = flat(init.headers);
  if (content?.type && !fields.some((name, at) => at % 2 === 0 && name.toLowerCase() === "content-type")) {
    fields.push("content-type", content.type);
  }
  const url = absolute(init.url);
  const method = init.method ?? (upload === undefined ? "GET" : "POST");
  return {
    text: lines([String(method), url ?? String(init.url), ...fields]),
    timeout: seconds(init.timeoutInterval),
    traits:
      (init.allowsCellularAccess === false ? 1 : 0) |
      (init.allowsExpensiveNetworkAccess === false ? 2 : 0) |
      (init.allowsConstrainedNetworkAccess === false ? 4 : 0) |
      (url === undefined ? 8 : 0) |
      (init.cachePolicy === undefined ? 0 : (cachePolicy(init.cachePolicy) + 1) << 4) |
      (init.networkServiceType === undefined ? 0 : (serviceType(init.networkServiceType) + 1) << 8) |
      (typeof input === "string" ? 0 : fetchBits(init) << 12),
    body: content?.body,
    isLong: content !== undefined && (Boolean(init.countsUploads) || atMost(content.body) >= LONG),
    signal: init.signal ?? null,
  };
}

/** A number of seconds; not a number where there is none. */
export function seconds(value: number | undefined): number {
  if (value === undefined) return NaN;
  if (typeof value !== "number" || Number.isNaN(value)) throw new TypeError("not a number of seconds");
  return value;
}

/** The members of what should be a request. */
function ofObject(input: URLRequestInit | Request): URLRequestInit & { signal?: AbortSignal | null } {
  if (typeof input !== "object" || input === null) {
    throw new TypeError("not a request: a URL, an object with a url, or a Request");
  }
  if (typeof Request !== "undefined" && input instanceof Request) {
    return {
      url: input.url,
      method: input.method,
      headers: input.headers,
      body: input.body,
      signal: input.signal,
      credentials: input.credentials,
      redirect: input.redirect === "error" ? "error" : "follow",
      keepalive: input.keepalive || undefined,
      referrerPolicy: input.referrerPolicy || undefined,
      ...cacheModes[input.cache],
    };
  }
  return input as URLRequestInit;
}

/** Fetch's cache modes as NSURLSession's policies. */
const cacheModes: Partial<Record<RequestCache, { cachePolicy: CachePolicy }>> = {
  "no-store": { cachePolicy: "reloadIgnoringLocalAndRemoteCacheData" },
  reload: { cachePolicy: "reloadIgnoringLocalCacheData" },
  "no-cache": { cachePolicy: "reloadRevalidatingCacheData" },
  "force-cache": { cachePolicy: "returnCacheDataElseLoad" },
  "only-if-cached": { cachePolicy: "returnCacheDataDontLoad" },
};

/**
 * What every parser of URLs leaves as it is: a host that is a name in small letters and no Punycode (or the loopback address), no port that may be the scheme's own, a path whose
 * parts do not begin with a dot, and nothing that is escaped anywhere. To be sure of that takes a tenth of what it takes to parse it.
 */
const PATH = /^(?=\/(?!\/))(?:(?!\/\.|%2e)[\w\-.~!$&()*+,;=:@%/])*(?:\?[\w\-.~!$&()*+,;=:@%/?]*)?$/i;
const SERVER = /^https?:\/\/(?!.*xn--)(?:127\.0\.0\.1|(?:[a-z][a-z\d-]*\.)*[a-z][a-z\d-]*)(?::[1-5]\d{3,4})?(?=\/)/;

/** True for a URL that is absolute, and as a browser would write it. A `false` says nothing. */
export function isWritten(url: string): boolean {
  const server = SERVER.exec(url)?.[0];
  return server !== undefined && PATH.test(url.slice(server.length));
}

/** The last base, and its server where a path may be put behind it. */
let lastBase: string | undefined;
let lastServer: string | undefined;

/** The URL made absolute; undefined where it is none, which makes a task that fails with `badURL`. */
export function absolute(url: string | URL): string | undefined {
  if (url instanceof URL) return url.href;
  const isText = typeof url === "string";
  if (isText && isWritten(url)) return url;
  try {
    const base = (globalThis as { document?: Document }).document?.baseURI ?? globalThis.location?.href;
    if (base !== lastBase) {
      lastBase = base;
      lastServer = base === undefined ? undefined : SERVER.exec(base)?.[0];
    }
    return isText && lastServer !== undefined && PATH.test(url) ? lastServer + url : new URL(url, base).href;
  } catch {
    return undefined;
  }
}
