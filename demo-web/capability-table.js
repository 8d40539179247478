// @ts-check
/** What the present browser can do, as the session tells it, in words. */

/** What each capability means, with and without it. @type {Record<string, [string, string]>} */
const MEANING = {
  redirects: ["The delegate decides on each hop.", "The browser follows by itself; the response tells where it came from."],
  informational: ["1xx responses are reported.", "1xx responses are never seen."],
  trailers: ["Fields after a body are seen.", "Fields after a body are never seen."],
  requestTrailers: ["Fields may follow a request’s body.", "A request that announces trailers fails with a clear error."],
  expectContinue: ["A body waits for the server’s 100.", "Bodies are sent at once."],
  priorityField: ["Priorities are told to the server.", "A priority is a hint for the browser’s own queue."],
  serviceType: ["Packets are marked with what they are for.", "The network service type has no effect."],
  uploadProgress: ["Bytes sent are counted as they leave.", "Progress of an upload comes when the response is there."],
  streamedUpload: ["A body may be a stream.", "A streamed body is gathered before it is sent."],
  fileUpload: ["A body may be a file.", "Bodies are blobs or bytes."],
  fileDownload: ["Downloads go to a file, and go on after a cut.", "Downloads are kept in memory."],
  fileUrls: ["file: URLs can be loaded.", "file: URLs fail with a clear error."],
  allRequestHeaders: ["Any header field can be set.", "The browser keeps some to itself; what it drops is reported."],
  allResponseHeaders: ["Every header field is seen.", "Across origins only those that the server exposes are seen."],
  encodedBodies: ["Bodies come as sent, and are decoded here.", "The browser asks for codings and undoes them."],
  distinctErrors: ["Failures of name, connection and TLS are told apart.", "They share one honest code, with the browser’s error as cause."],
  tlsConfiguration: ["Trust can be configured.", "Trust is the browser’s alone."],
  networkCost: ["The kind and cost of the network are known.", "Cellular and metered networks are not told apart."],
  metrics: ["Metrics tell of every hop’s phases.", "Phases as the browser tells them, of the last hop."],
};

/**
 * @param {HTMLElement} body of the table
 * @param {object} capabilities
 */
export function fillCapabilities(body, capabilities) {
  const rows = Object.entries(capabilities).map(([name, value]) => {
    const row = document.createElement("tr");
    const head = Object.assign(document.createElement("th"), { scope: "row", textContent: name });
    const able = value === true;
    const here = Object.assign(document.createElement("td"), {
      textContent: typeof value === "boolean" ? (able ? "Yes" : "No") : String(value),
      className: able ? "yes" : "no",
    });
    const [yes, no] = MEANING[name] ?? ["", ""];
    const meaning = Object.assign(document.createElement("td"), { textContent: value === false ? no : yes });
    row.append(head, here, meaning);
    return row;
  });
  body.replaceChildren(...rows);
}
