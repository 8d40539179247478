// @ts-check
/** A waterfall of transfers, drawn from their metrics. */

import { duration } from "./figures.js";

/** @import { TaskMetrics } from "urlsession" */
/** @typedef {{ kind: Phase, start: number, end: number }} Span */
/** @typedef {"queued" | "connecting" | "waiting" | "receiving"} Phase */

const SVG = "http://www.w3.org/2000/svg";
const ROW = 26;
const HEAD = 22;

/** @type {[Phase, string][]} */
const LEGEND = [
  ["queued", "Until it is sent"],
  ["connecting", "Name and connection"],
  ["waiting", "Request to response"],
  ["receiving", "Body"],
];

/**
 * Draws one row for each of `rows` into `place`, and again whenever the place has another width.
 * @param {HTMLElement} place
 * @param {{ name: string, metrics: TaskMetrics }[]} rows
 */
export function drawWaterfall(place, rows) {
  const spans = rows.map(({ metrics }) => phases(metrics));
  const legend = Object.assign(document.createElement("p"), { className: "legend" });
  for (const [kind, word] of LEGEND) {
    const entry = document.createElement("span");
    entry.append(Object.assign(document.createElement("i"), { className: kind }), word);
    legend.append(entry);
  }
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", described(rows, spans));
  place.replaceChildren(picture, legend);
  let drawn = 0;
  const watching = new ResizeObserver(([entry]) => {
    if (!picture.isConnected) return watching.disconnect();
    const width = Math.floor(entry.contentRect.width);
    if (width === drawn) return;
    drawn = width;
    picture.replaceChildren(...picture_of(rows, spans, width));
    picture.setAttribute("height", String(HEAD + rows.length * ROW));
  });
  watching.observe(place);
}

/** The phases of every hop, in order, in ms since the epoch. @param {TaskMetrics} metrics @returns {Span[]} */
export function phases(metrics) {
  /** @type {Span[]} */
  const spans = [];
  const add = (/** @type {Phase} */ kind, /** @type {unknown} */ from, /** @type {unknown} */ to) => {
    const [start, end] = [Number(from), Number(to)];
    if (from != null && to != null && end >= start) spans.push({ kind, start, end });
  };
  for (const hop of metrics.transactionMetrics) {
    const sent = hop.requestStartDate ?? hop.responseStartDate;
    const reached = hop.domainLookupStartDate ?? hop.connectStartDate;
    add("queued", hop.fetchStartDate, reached ?? sent ?? hop.responseEndDate);
    add("connecting", reached, sent);
    add("waiting", sent, hop.responseStartDate);
    add("receiving", hop.responseStartDate, hop.responseEndDate);
  }
  if (!spans.length) add("queued", metrics.taskInterval.start, metrics.taskInterval.end);
  return spans;
}

/**
 * @param {{ name: string }[]} rows
 * @param {Span[][]} spans
 */
function described(rows, spans) {
  const parts = rows.map(({ name }, row) => {
    const [first, last] = [spans[row].at(0), spans[row].at(-1)];
    return `${name} ${first && last ? duration(last.end - first.start) : ""}`;
  });
  return `Waterfall of ${rows.length} transfers: ${parts.join(", ")}`;
}

/**
 * @param {{ name: string }[]} rows
 * @param {Span[][]} spans
 * @param {number} width
 */
function picture_of(rows, spans, width) {
  const all = spans.flat();
  const begin = Math.min(...all.map(({ start }) => start));
  const length = Math.max(1, ...all.map(({ end }) => end - begin));
  const names = Math.min(160, width * 0.34);
  const room = width - names - 52;
  const at = (/** @type {number} */ time) => names + ((time - begin) / length) * room;
  const shapes = ticks(length).flatMap((tick) => [
    shape("line", { class: "grid", x1: at(begin + tick), x2: at(begin + tick), y1: HEAD - 4, y2: HEAD + rows.length * ROW }),
    shape("text", { x: at(begin + tick), y: 12, "text-anchor": "middle" }, `${tick} ms`),
  ]);
  rows.forEach(({ name }, row) => {
    const middle = HEAD + row * ROW + ROW / 2;
    const letters = Math.floor(names / 7.2);
    const short = name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
    shapes.push(shape("text", { class: "name", x: 0, y: middle + 4 }, short));
    for (const { kind, start, end } of spans[row]) {
      const bar = shape("rect", { class: kind, x: at(start), y: middle - 6, width: Math.max(1.5, at(end) - at(start)), height: 12, rx: 1.5 });
      bar.append(shape("title", {}, `${LEGEND.find(([each]) => each === kind)?.[1]}: ${duration(end - start)}`));
      shapes.push(bar);
    }
    const [first, last] = [spans[row].at(0), spans[row].at(-1)];
    if (first && last) shapes.push(shape("text", { x: at(last.end) + 6, y: middle + 4 }, duration(last.end - first.start)));
  });
  return shapes;
}

/** Round times, three to six of them. @param {number} length */
function ticks(length) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000].find((each) => length / each <= 5) ?? length;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, typeof value === "number" ? value.toFixed(1) : value);
  }
  if (text !== undefined) element.textContent = text;
  return element;
}
