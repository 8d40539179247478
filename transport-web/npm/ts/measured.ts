/** What the part in WebAssembly tells of metrics. */

import type { TaskMetrics, TransactionMetrics } from "./metrics.js";
import type { URLRequest } from "./request.js";
import type { HTTPURLResponse } from "./response.js";

/** The classes of what is told. */
interface Made {
  URLRequest: typeof URLRequest;
  HTTPURLResponse: typeof HTTPURLResponse;
}

/** Where responses come from, by the numbers of `src/metrics.rs`. */
const FETCH_TYPES = ["unknown", "networkLoad", "localCache"] as const;

/** How many numbers and texts there are of a transaction. */
const [NUMBERS, TEXTS] = [16, 3];

/** The metrics in the lists of the part in WebAssembly. */
export function metricsOf(numbers: Float64Array, texts: string[], made: Made): TaskMetrics {
  const [start = NaN, end = NaN, redirectCount = 0] = numbers;
  const transactionMetrics: TransactionMetrics[] = [];
  for (let at = 0; at * TEXTS < texts.length; at++) {
    transactionMetrics.push(
      transactionOf(
        [...numbers.subarray(3 + at * NUMBERS, 3 + (at + 1) * NUMBERS)],
        texts.slice(at * TEXTS, (at + 1) * TEXTS),
        made,
      ),
    );
  }
  return { taskInterval: { start, end }, redirectCount, transactionMetrics };
}

function transactionOf(
  numbers: number[],
  [request = "", response, protocol]: string[],
  { URLRequest, HTTPURLResponse }: Made,
): TransactionMetrics {
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
