/** What a task took. */

import type { HTTPURLResponse } from "./response.js";
import type { URLRequest } from "./request.js";

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
