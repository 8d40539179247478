/** What can be done here. */

import { call } from "./wasm/urlsession.js";
import { Call } from "./calls.js";
import { mustBeReady } from "./init.js";

/** What sessions can do in this page or worker; what they cannot is left out, or refused, as each member says. */
export interface Capabilities {
  /** Each redirect is seen. False: the browser follows by itself, and `response.url` tells where the answer came from. */
  readonly redirects: boolean;
  /** Interim responses (1xx) are seen. */
  readonly informational: boolean;
  /** The fields after an answer's body are seen. */
  readonly trailers: boolean;
  /** Fields can follow a request's body. */
  readonly requestTrailers: boolean;
  /** A body waits for the server's 100. */
  readonly expectContinue: boolean;
  /** A priority is told to the server. False: the browser has it as a hint. */
  readonly priorityField: boolean;
  /** Packets are marked with what they are for. */
  readonly serviceType: boolean;
  /** Sent bytes are counted as they leave. False: `taskDidSendBodyData` is called once, when the answer is there. */
  readonly uploadProgress: boolean;
  /** A request's body can be a stream. False: it is gathered first. */
  readonly streamedUpload: boolean;
  /** A request's body can be a file. */
  readonly fileUpload: boolean;
  /** An answer can go to a file. */
  readonly fileDownload: boolean;
  /** `file:` URLs can be loaded. */
  readonly fileUrls: boolean;
  /** Any header field can be set. False: the browser keeps some to itself, and drops them. */
  readonly allRequestHeaders: boolean;
  /** Every header field of an answer is seen. False: across origins only those that the server exposes. */
  readonly allResponseHeaders: boolean;
  /** Bodies come as they were sent. False: the browser decodes them. */
  readonly encodedBodies: boolean;
  /** Failures are told apart. False: most are `cannotLoadFromNetwork`. */
  readonly distinctErrors: boolean;
  /** Trust in servers can be configured. */
  readonly tlsConfiguration: boolean;
  /** The kind and the cost of the network are known. */
  readonly networkCost: boolean;
  /** Metrics tell of every phase. False: as far as the browser tells. */
  readonly metrics: boolean;
}

/** The flags in the order of `src/capabilities.rs`. */
const FLAGS: readonly (keyof Capabilities)[] = [
  "redirects",
  "informational",
  "trailers",
  "requestTrailers",
  "expectContinue",
  "priorityField",
  "serviceType",
  "uploadProgress",
  "streamedUpload",
  "fileUpload",
  "fileDownload",
  "fileUrls",
  "allRequestHeaders",
  "allResponseHeaders",
  "encodedBodies",
  "distinctErrors",
  "tlsConfiguration",
  "networkCost",
  "metrics",
];

/** What sessions can do in this page or worker. Throws before `init` is done. */
export function capabilities(): Capabilities {
  mustBeReady();
  const all = call(Call.Capabilities, 0, 0);
  const entries = FLAGS.map((flag, bit) => [flag, (all & (1 << bit)) !== 0] as const);
  return Object.fromEntries(entries) as unknown as Capabilities;
}
