/** What a task took. */

import { HTTPURLResponse } from "./response.js";
import { URLRequest } from "./request.js";

/** A stretch of time, in milliseconds since 1970. */
export interface DateInterval {
  readonly start: number;
  readonly end: number;
}

/** What a task took, from its making to its end; `NSURLSessionTaskMetrics`. */
export interface TaskMetrics {
  /** From the task's making to its end: queue and suspensions are part of it. */
  readonly taskInterval: DateInterval;
  /** How many redirects were followed, as far as they are seen: `fetch` follows a server's by itself. */
  readonly redirectCount: number;
  /** Every attempt, in order, those that failed too. */
  readonly transactionMetrics: readonly TransactionMetrics[];
}

/** Where a response came from. */
export type ResourceFetchType = "unknown" | "networkLoad" | "localCache";

/**
 * One attempt; `NSURLSessionTaskTransactionMetrics`. Dates are in milliseconds since 1970. Of a server of another origin the browser tells its phases
 * only with `Timing-Allow-Origin`; what nobody tells is undefined.
 */
export interface TransactionMetrics {
  readonly request: URLRequest;
  readonly response: HTTPURLResponse | undefined;
  readonly fetchStartDate: number | undefined;
  readonly domainLookupStartDate: number | undefined;
  readonly domainLookupEndDate: number | undefined;
  readonly connectStartDate: number | undefined;
  readonly connectEndDate: number | undefined;
  readonly secureConnectionStartDate: number | undefined;
  readonly secureConnectionEndDate: number | undefined;
  readonly requestStartDate: number | undefined;
  readonly requestEndDate: number | undefined;
  readonly responseStartDate: number | undefined;
  readonly responseEndDate: number | undefined;
  readonly countOfRequestBodyBytesSent: number | undefined;
  readonly countOfResponseBodyBytesReceived: number | undefined;
  readonly countOfResponseBodyBytesAfterDecoding: number | undefined;
  /** By its name in ALPN: `http/1.1`, `h2`, `h3`. */
  readonly networkProtocolName: string | undefined;
  /** The connection was there when the attempt began. */
  readonly isReusedConnection: boolean | undefined;
  readonly resourceFetchType: ResourceFetchType;
}

/** Where responses come from, by the numbers of `src/metrics.rs`. */
const FETCH_TYPES = ["unknown", "networkLoad", "localCache"] as const;

/** How many numbers and texts there are of a transaction. */
const [NUMBERS, TEXTS] = [16, 3];

/**
 * The metrics in the lists of the part in WebAssembly.
 *
 * @internal
 */
export function metricsOf(numbers: Float64Array, texts: string[]): TaskMetrics {
  const [start = NaN, end = NaN, redirectCount = 0] = numbers;
  const transactionMetrics: TransactionMetrics[] = [];
  for (let at = 0; at * TEXTS < texts.length; at++) {
    transactionMetrics.push(
      transactionOf(
        [...numbers.subarray(3 + at * NUMBERS, 3 + (at + 1) * NUMBERS)],
        texts.slice(at * TEXTS, (at + 1) * TEXTS),
      ),
    );
  }
  return { taskInterval: { start, end }, redirectCount, transactionMetrics };
}

function transactionOf(numbers: number[], [request = "", response, protocol]: string[]): TransactionMetrics {
  const known = numbers.map((number) => (Number.isNaN(number) ? undefined : number));
  const isReused = known[14];
  return {
    request: new URLRequest(request),
    response: response ? new HTTPURLResponse(response) : undefined,
    fetchStartDate: known[0],
    domainLookupStartDate: known[1],
    domainLookupEndDate: known[2],
    connectStartDate: known[3],
    connectEndDate: known[4],
    secureConnectionStartDate: known[5],
    secureConnectionEndDate: known[6],
    requestStartDate: known[7],
    requestEndDate: known[8],
    responseStartDate: known[9],
    responseEndDate: known[10],
    countOfRequestBodyBytesSent: known[11],
    countOfResponseBodyBytesReceived: known[12],
    countOfResponseBodyBytesAfterDecoding: known[13],
    networkProtocolName: protocol || undefined,
    isReusedConnection: isReused === undefined ? undefined : isReused !== 0,
    resourceFetchType: FETCH_TYPES[known[15] ?? 0] ?? "unknown",
  };
}
