/** What a session is told once. */

import { type SessionErrorCode, rawCode } from "./error.js";
import type { Part } from "./parts.js";
import type { URLProtocol } from "./protocol.js";
import type { UrlCache } from "./url-cache.js";
import { seconds } from "./request.js";
import type { FetchOptions } from "./fetch.js";
import { type Fields, flat, lines } from "./wire.js";

/** How a request uses a cache, by Apple's numbers. */
const CACHE_POLICIES = [
  "useProtocolCachePolicy",
  "reloadIgnoringLocalCacheData",
  "returnCacheDataElseLoad",
  "returnCacheDataDontLoad",
  "reloadIgnoringLocalAndRemoteCacheData",
  "reloadRevalidatingCacheData",
] as const;

/**
 * How a request uses the session's cache, or the browser's where the session has none:
 *
 * * `useProtocolCachePolicy`: as HTTP has it: what is fresh is used, what is stale is validated;
 * * `reloadIgnoringLocalCacheData`: what is stored is not used; the new response is stored;
 * * `reloadIgnoringLocalAndRemoteCacheData`: the same, and caches on the way are told not to answer either;
 * * `returnCacheDataElseLoad`: what is stored is used, however old; only without it the network is asked;
 * * `returnCacheDataDontLoad`: the network is never asked; without a stored response the task fails with `resourceUnavailable`;
 * * `reloadRevalidatingCacheData`: what is stored is validated before it is used, fresh or not.
 */
export type CachePolicy = (typeof CACHE_POLICIES)[number];

/** What traffic is for, in core's order. */
const SERVICE_TYPES = [
  "default",
  "background",
  "video",
  "voice",
  "responsiveData",
  "avStreaming",
  "responsiveAV",
  "callSignaling",
] as const;

/** What traffic is for. Browsers do not tell the network. */
export type NetworkServiceType = (typeof SERVICE_TYPES)[number];

/** When a failed exchange is made again by itself, and how long that waits. Each member may be left out. */
export interface RetryPolicy {
  /** How often an exchange is made at most, the first time included. Default 3. */
  maximumAttempts?: number;
  /** The longest wait before the second attempt, in seconds. What is waited is random between none and the longest. Default 0.5. */
  baseDelay?: number;
  /** By how much the longest wait grows from attempt to attempt. Default 2. */
  delayMultiplier?: number;
  /** The longest wait does not grow beyond so many seconds. Default 30. */
  maximumDelay?: number;
  /** How long a wait a server may ask for (`Retry-After`), in seconds. Default 60. */
  maximumRetryAfter?: number;
  /** How many retries the session has in stock. Default 10. */
  budget?: number;
  /** After how many exchanges that needed no retry one is added to the stock. Default 10. */
  successesPerRetry?: number;
  /** Methods that are made again. Default GET, HEAD, OPTIONS, PUT, DELETE, TRACE. */
  methods?: readonly string[];
  /** Statuses in whose place another attempt is made. Default 408, 425, 429, 502, 503, 504. */
  statuses?: readonly number[];
  /** Errors after which another attempt is made. Default those of the way there, `cannotLoadFromNetwork` among them. */
  errorCodes?: readonly SessionErrorCode[];
}

/** How a session behaves; `NSURLSessionConfiguration`. Each member may be left out. The session keeps a copy of its own. */
export interface SessionConfiguration extends FetchOptions {
  /**
   * How many seconds nothing may arrive or leave before a task fails with `timedOut`. It starts when the exchange does, restarts at each chunk, and
   * stands still while the task is suspended or the delegate is asked. A request's own wins. Default 60.
   */
  timeoutIntervalForRequest?: number;
  /** How many seconds a task may take in all, time suspended not counted. Default 7 days. */
  timeoutIntervalForResource?: number;
  /** Wait for a network where there is none, instead of failing at once. Default false. */
  waitsForConnectivity?: boolean;
  /** Whether tasks may use a cellular network. Default true. What the browser does not tell is allowed. */
  allowsCellularAccess?: boolean;
  /** Whether tasks may use a network whose bytes cost money. Default true. */
  allowsExpensiveNetworkAccess?: boolean;
  /** Whether tasks may use a network that the user wants little data on (Data Saver). Default true. */
  allowsConstrainedNetworkAccess?: boolean;
  /** What the session's traffic is for. Without effect in browsers. */
  networkServiceType?: NetworkServiceType;
  /** Header fields for every request that lacks them. */
  httpAdditionalHeaders?: Fields;
  /** How many exchanges with one origin may be under way at once; the others queue. Default 6, more is the browser's to allow. */
  httpMaximumConnectionsPerHost?: number;
  /** How requests use the cache; a request's own wins. Default `useProtocolCachePolicy`. */
  requestCachePolicy?: CachePolicy;
  /** The same by its shorter name. */
  cachePolicy?: CachePolicy;
  /** Use a stale response where its server is not reached. It takes a cache. Default false. */
  servesStaleWhenDisconnected?: boolean;
  /** Have equal GETs that are under way at once share one response. It takes a cache. Default false. */
  collapsesIdenticalRequests?: boolean;
  /** How often a download goes on by itself, from where it stopped, after its connection was lost. Default 0. */
  retriesDownloads?: number;
  /** Write nothing that outlives the session. Default false. */
  isEphemeral?: boolean;
  /** When failed exchanges are made again. Default never. `{}` is the policy with all its defaults. */
  retryPolicy?: RetryPolicy;
  /** Names of header fields that a redirect to another origin keeps. */
  redirectSafeHeaders?: readonly string[];
  /** Where responses are kept and found again. Default none: the browser's own cache is used. */
  urlCache?: UrlCache | null;
  /** Who loads some requests in place of the network; the first that says so. */
  protocols?: readonly URLProtocol[];
  /** Collect metrics for every task, not only where a delegate has `taskDidFinishCollectingMetrics`. Default false. */
  collectsMetrics?: boolean;
}

/** A configuration as the part in WebAssembly takes it. */
export interface Numbers {
  numbers: Float64Array;
  fields: string;
  safe: string;
  retries: boolean;
  methods: string | undefined;
}

/** Takes a configuration: its numbers are in the order of `src/configuration.rs`. */
export function numbersOf(given: SessionConfiguration): Numbers {
  const retry = given.retryPolicy;
  const policy = given.requestCachePolicy ?? given.cachePolicy;
  const numbers = [
    seconds(given.timeoutIntervalForRequest),
    seconds(given.timeoutIntervalForResource),
    flag(given.waitsForConnectivity),
    flag(given.allowsCellularAccess),
    flag(given.allowsExpensiveNetworkAccess),
    flag(given.allowsConstrainedNetworkAccess),
    given.networkServiceType === undefined ? NaN : serviceType(given.networkServiceType),
    count(given.httpMaximumConnectionsPerHost),
    policy === undefined ? NaN : cachePolicy(policy),
    flag(given.servesStaleWhenDisconnected),
    flag(given.collapsesIdenticalRequests),
    count(given.retriesDownloads),
    flag(given.isEphemeral),
  ];
  if (retry !== undefined) {
    numbers.push(
      count(retry.maximumAttempts),
      seconds(retry.baseDelay),
      count(retry.delayMultiplier),
      seconds(retry.maximumDelay),
      seconds(retry.maximumRetryAfter),
      count(retry.budget),
      count(retry.successesPerRetry),
      ...list(retry.statuses),
      ...list(retry.errorCodes?.map(rawCode)),
    );
  }
  return {
    numbers: new Float64Array(numbers),
    fields: lines(checked(flat(given.httpAdditionalHeaders))),
    safe: lines(given.redirectSafeHeaders ?? []),
    retries: retry !== undefined,
    methods: retry?.methods && lines(retry.methods),
  };
}

/** What of the module all tasks of a session need, beside the first part: to have a cache, retries or protocols, to know what redirects keep, to wait for networks, or to object to some. */
export function needsOf(given: SessionConfiguration): readonly Part[] {
  if (given.urlCache) return ["cache"];
  const access = [given.allowsCellularAccess, given.allowsExpensiveNetworkAccess, given.allowsConstrainedNetworkAccess];
  const isChoosy = given.waitsForConnectivity || access.some((may) => may !== undefined && !may);
  const leads = given.protocols?.length || given.redirectSafeHeaders?.length;
  return isChoosy || given.retryPolicy || leads ? ["more"] : [];
}

/** Apple's number of a policy. */
export function cachePolicy(policy: CachePolicy): number {
  return placeOf(CACHE_POLICIES, policy, "cache policy");
}

/** The number of a kind of traffic. */
export function serviceType(type: NetworkServiceType): number {
  return placeOf(SERVICE_TYPES, type, "network service type");
}

function placeOf(names: readonly string[], name: string, what: string): number {
  const place = names.indexOf(name);
  if (place < 0) throw new TypeError(`no such ${what}: ${String(name)}`);
  return place;
}

function flag(value: boolean | undefined): number {
  return value === undefined ? NaN : Number(Boolean(value));
}

function count(value: number | undefined): number {
  if (value === undefined) return NaN;
  if (typeof value !== "number" || !(value >= 0)) throw new TypeError("not a number of things");
  return value;
}

/** How many there are, then they themselves; not a number where nothing is said. */
function list(numbers: Iterable<number> | undefined): number[] {
  if (numbers === undefined) return [NaN];
  const all = [...numbers];
  return [all.length, ...all];
}

/** Header fields that can be sent; throws a TypeError as `Headers` does. */
function checked(fields: string[]): string[] {
  for (let at = 0; at < fields.length; at += 2) {
    new Headers([[fields[at] as string, fields[at + 1] as string]]);
  }
  return fields;
}
