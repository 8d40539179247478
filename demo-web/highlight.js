// @ts-check
/** Colours for code, laid over its text: the text itself stays as it is, and may be edited. */

const KINDS = {
  remark: /\/\/.*/g,
  text: /`(?:[^`\\]|\\.)*`|"(?:[^"\\\n]|\\.)*"/g,
  word: /\b(?:async|await|catch|const|for|let|new|of|return|throw|try)\b/g,
};

/** @type {Map<Element, { kind: string, range: Range }[]>} */
const coloured = new Map();

/** Colours the code anew. @param {Element} code */
export function highlight(code) {
  if (!("highlights" in CSS)) return;
  for (const { kind, range } of coloured.get(code) ?? []) CSS.highlights.get(kind)?.delete(range);
  const found = ranges(code);
  coloured.set(code, found);
  for (const { kind, range } of found) {
    if (!CSS.highlights.has(kind)) CSS.highlights.set(kind, new Highlight());
    CSS.highlights.get(kind)?.add(range);
  }
}

/** @param {Element} code */
function ranges(code) {
  const found = [];
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    /** @type {[number, number][]} */
    const taken = [];
    for (const [kind, pattern] of Object.entries(KINDS)) {
      for (const match of (node.nodeValue ?? "").matchAll(pattern)) {
        const [start, end] = [match.index, match.index + match[0].length];
        if (taken.some(([from, to]) => start < to && end > from)) continue;
        taken.push([start, end]);
        const range = new Range();
        range.setStart(node, start);
        range.setEnd(node, end);
        found.push({ kind, range });
      }
    }
  }
  return found;
}
