// @ts-check
/** What each recipe of the page must show, and which complaints of the browser's are its point. */

import assert from "node:assert/strict";

/** @typedef {{ rows: string[][], states: string[], names: string[] }} Outcome what is shown, and the tasks with their states, in the order of the list */
/** @typedef {{ check: (outcome: Outcome) => void, complaint?: RegExp }} Expected */

const cell = (/** @type {Outcome} */ { rows }, /** @type {string} */ label) => {
  const row = rows.find(([head]) => head === label);
  assert.ok(row, `a row ${label} among ${JSON.stringify(rows)}`);
  return row;
};
const column = (/** @type {Outcome} */ { rows }, /** @type {number} */ place) => rows.map((row) => row[place]);
const server = "from the server";
const cache = "from the cache";

/** By section and recipe. @type {Record<string, Record<string, Expected>>} */
export const EXPECTED = {
  start: {
    one: {
      check(outcome) {
        assert.deepEqual(cell(outcome, "status"), ["status", "200"]);
        assert.deepEqual(cell(outcome, "body"), ["body", "9 MB"]);
        assert.deepEqual(cell(outcome, "read"), ["read", "100 %"]);
        assert.deepEqual(outcome.states, ["Finished"]);
      },
    },
    several: {
      check(outcome) {
        assert.deepEqual(cell(outcome, "finished"), ["finished", "4"]);
        assert.deepEqual(outcome.states, Array(4).fill("Finished"));
      },
    },
    stream: {
      check(outcome) {
        // Under load several lines come in one.
        assert.match(cell(outcome, "latest")[1], /chunk 11$/);
        assert.deepEqual(cell(outcome, "state"), ["state", "completed"]);
      },
    },
    signal: {
      check(outcome) {
        assert.ok(cell(outcome, "cancelled"));
        assert.deepEqual(outcome.states, ["Cancelled"]);
      },
    },
  },
  metrics: { waterfall: { check() {} } },
  caching: {
    hit: {
      check(outcome) {
        assert.deepEqual(column(outcome, 1), [server, cache, cache]);
        assert.deepEqual(column(outcome, 3), ["1", "1", "1"]);
      },
    },
    revalidate: {
      check(outcome) {
        assert.deepEqual(column(outcome, 3), ["1", "2", "3"]);
      },
    },
    stale: {
      check(outcome) {
        assert.deepEqual(column(outcome, 1), [cache, cache]);
        assert.deepEqual(column(outcome, 3), ["2", "3"]);
      },
    },
    policy: {
      check(outcome) {
        assert.deepEqual(column(outcome, 1), [server, cache, server]);
        assert.deepEqual(column(outcome, 3), ["1", "1", "2"]);
      },
    },
  },
  download: {
    resumed: {
      complaint: /net::ERR_CONTENT_LENGTH_MISMATCH|net::ERR_CONNECTION_(CLOSED|RESET)/,
      check(outcome) {
        const [, kept] = cell(outcome, "kept");
        // How much of what was sent is handed on before the loss, the browser decides.
        assert.match(kept, /^([1-9](\.\d+)?|10) MB$/);
        assert.deepEqual(cell(outcome, "file"), ["file", "24 MB"]);
        assert.equal(cell(outcome, "SHA-256")[2], "equal");
        assert.deepEqual(outcome.states, ["Finished", "Failed"]);
        assert.equal(outcome.names[0], outcome.names[1]);
      },
    },
  },
  upload: {
    upload: {
      check(outcome) {
        assert.deepEqual(cell(outcome, "server received"), ["server received", "12 MB", "all of it"]);
        assert.match(cell(outcome, "sent")[1], /^12 MB$/);
      },
    },
  },
  redirects: {
    follow: {
      check(outcome) {
        assert.deepEqual(cell(outcome, "came from"), ["came from", "/json"]);
        assert.deepEqual(cell(outcome, "status"), ["status", "200"]);
      },
    },
    "see-other": {
      check(outcome) {
        assert.deepEqual(cell(outcome, "arrived"), ["arrived", "GET /get"]);
      },
    },
    "too-many": {
      complaint: /net::ERR_TOO_MANY_REDIRECTS/,
      check(outcome) {
        assert.equal(outcome.rows.length, 1);
        assert.deepEqual(outcome.states, ["Failed"]);
      },
    },
  },
  errors: {
    lost: {
      complaint: /net::ERR_CONNECTION_(RESET|CLOSED)|net::ERR_CONTENT_LENGTH_MISMATCH|net::ERR_INCOMPLETE_CHUNKED_ENCODING/,
      check(outcome) {
        assert.deepEqual(outcome.rows[0], ["networkConnectionLost", "-1005"]);
        assert.match(cell(outcome, "cause")[1], /TypeError/);
      },
    },
    late: {
      check(outcome) {
        assert.deepEqual(outcome.rows[0], ["timedOut", "-1001"]);
      },
    },
    refused: {
      complaint: /net::ERR_CONNECTION_REFUSED/,
      check(outcome) {
        assert.deepEqual(outcome.rows[0], ["cannotLoadFromNetwork", "-2000"]);
        assert.match(cell(outcome, "cause")[1], /TypeError/);
      },
    },
    offline: {
      check(outcome) {
        assert.deepEqual(outcome.rows, [["online", "status 200"]]);
      },
    },
  },
  protocols: {
    dice: {
      check(outcome) {
        assert.equal(outcome.rows.length, 3);
        for (const number of column(outcome, 2)) assert.match(number, /^[1-6]$/);
        assert.deepEqual(outcome.names, Array(3).fill("GETdice:d6"));
      },
    },
  },
  delegate: {
    asked: {
      check(outcome) {
        assert.deepEqual(cell(outcome, "read"), ["read", "200 kB"]);
      },
    },
    refuses: {
      check(outcome) {
        assert.ok(cell(outcome, "cancelled"));
      },
    },
    throws: {
      check(outcome) {
        assert.deepEqual(cell(outcome, "cause"), ["cause", "Error: a fault of the app"]);
      },
    },
  },
};
