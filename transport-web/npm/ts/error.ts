/** What went wrong. */

import { ResumeData } from "./resume-data.js";

/** The codes of `NSURLErrorDomain`: those whose numbers follow one another, downwards from Apple's of the first. */
const CODES = [
  [-1, ["unknown"]],
  [
    -995,
    [
      "backgroundSessionRequiresSharedContainer",
      "backgroundSessionInUseByAnotherProcess",
      "backgroundSessionWasDisconnected",
    ],
  ],
  [
    -999,
    [
      "cancelled",
      "badURL",
      "timedOut",
      "unsupportedURL",
      "cannotFindHost",
      "cannotConnectToHost",
      "networkConnectionLost",
      "dnsLookupFailed",
      "httpTooManyRedirects",
      "resourceUnavailable",
      "notConnectedToInternet",
      "redirectToNonExistentLocation",
      "badServerResponse",
      "userCancelledAuthentication",
      "userAuthenticationRequired",
      "zeroByteResource",
      "cannotDecodeRawData",
      "cannotDecodeContentData",
      "cannotParseResponse",
      "internationalRoamingOff",
      "callIsActive",
      "dataNotAllowed",
      "requestBodyStreamExhausted",
      "appTransportSecurityRequiresSecureConnection",
    ],
  ],
  [
    -1100,
    [
      "fileDoesNotExist",
      "fileIsDirectory",
      "noPermissionsToReadFile",
      "dataLengthExceedsMaximum",
      "fileOutsideSafeArea",
    ],
  ],
  [
    -1200,
    [
      "secureConnectionFailed",
      "serverCertificateHasBadDate",
      "serverCertificateUntrusted",
      "serverCertificateHasUnknownRoot",
      "serverCertificateNotYetValid",
      "clientCertificateRejected",
      "clientCertificateRequired",
    ],
  ],
  [-2000, ["cannotLoadFromNetwork"]],
  [
    -3000,
    [
      "cannotCreateFile",
      "cannotOpenFile",
      "cannotCloseFile",
      "cannotWriteToFile",
      "cannotRemoveFile",
      "cannotMoveFile",
      "downloadDecodingFailedMidStream",
      "downloadDecodingFailedToComplete",
    ],
  ],
] as const;

/** Why a transfer failed: the codes of `NSURLErrorDomain`. */
export type SessionErrorCode = (typeof CODES)[number][1][number];

/** An error as the part in WebAssembly gives it: number, text, URL, cause, resume data. */
export type SessionErrorList = [
  raw: number,
  text: string,
  url: string | undefined,
  cause: unknown,
  resumeData: string | undefined,
];

/** What a {@link SessionError} is made of. */
export interface SessionErrorInit {
  /** The URL whose load failed. */
  url?: string | null;
  /** What caused it. */
  cause?: unknown;
  /** What it takes to go on with a download. */
  resumeData?: ResumeData | null;
}

/**
 * Why a transfer failed.
 *
 * 4xx and 5xx are responses, not errors. A browser tells no reasons: a name that does not exist, a refused connection, a failed handshake and
 * a server that does not allow the page (CORS) are all `cannotLoadFromNetwork`.
 *
 * ```ts
 * try {
 *   await session.data("/a.json");
 * } catch (error) {
 *   if (error instanceof SessionError && error.code === "timedOut") console.log("too slow", error.url);
 * }
 * ```
 */
export class SessionError extends Error {
  /** Why, as one of Apple's codes. */
  readonly code: SessionErrorCode;
  /** Apple's number for the code. */
  readonly rawCode: number;
  /** The URL whose load failed, the last one after redirects; `null` where there was none. */
  readonly url: string | null;
  /** What it takes to go on where a download stopped ({@link Session.downloadTask}); `null` where it cannot. */
  readonly resumeData: ResumeData | null;

  /** An error of this code; its `cause` is the original JavaScript error, where there is one. */
  constructor(code: SessionErrorCode, message: string = code, init: SessionErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.rawCode = rawCode(code);
    this.url = init.url ?? null;
    this.resumeData = init.resumeData ?? null;
  }

  static {
    this.prototype.name = "SessionError";
  }
}

/**
 * Apple's number of a code.
 *
 * @internal
 */
export function rawCode(code: SessionErrorCode): number {
  for (const [first, names] of CODES) {
    const at = (names as readonly string[]).indexOf(code);
    if (at >= 0) return first - at;
  }
  throw new TypeError(`no such error code: ${String(code)}`);
}

/**
 * The error of a list; `cause` is what this part knows of it.
 *
 * @internal
 */
export function errorOf(list: SessionErrorList, cause?: unknown): SessionError {
  const [raw, text, url, told, resumeData] = list;
  const code = CODES.map(([first, names]) => names[first - raw]).find(Boolean) ?? "unknown";
  return new SessionError(code, url === undefined ? text : `${text} (${shown(url)})`, {
    url: url ?? null,
    cause: cause ?? (typeof told === "string" ? new Error(told) : told),
    resumeData: resumeData === undefined ? null : new ResumeData(resumeData),
  });
}

/**
 * What a promise of the part in WebAssembly was rejected with, as the app has it; `cause` as in {@link errorOf}.
 *
 * @internal
 */
export function rejection(thrown: unknown, cause?: unknown): unknown {
  return Array.isArray(thrown) ? errorOf(thrown as SessionErrorList, cause) : thrown;
}

/** A URL as a log may show it: without a user and a password. */
function shown(url: string): string {
  return url.replace(/^([^/?#]*:\/\/)[^/?#]*@/, "$1");
}

/**
 * Reports what the app threw where nothing of it could fail: as what a listener throws is.
 *
 * @internal
 */
export function report(thrown: unknown): void {
  if (typeof reportError === "function") {
    reportError(thrown);
  } else {
    queueMicrotask(() => {
      throw thrown;
    });
  }
}
