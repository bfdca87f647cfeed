// What of a text is asked by itself: its lines or, where it is to be translated, their sentences, for a model that
// learnt sentences leaves out most of a paragraph. The same rules as the server's.

const CLOSERS = "[\"'”’»)\\]」』）】]*";
const END = new RegExp(`[。！？…]+${CLOSERS}\\s*|(?<![.!?])[.!?]+${CLOSERS}(?:\\s+(?=[^\\s\\p{Ll}])|\\s*$)`, "gu");
const NO_END = /(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|e\.g|i\.e|No|Nr|bzw|ca|z\.B|d\.h|M|Mme|Mlle|cf|\p{Lu})\.$/u;
/** Writings without spaces between sentences. */
const UNSPACED = /^(zh|ja|th|lo|km|my)\b/;

/** The pieces, each with where it starts in the whole text, and whether a line ends behind it. */
export function piecesOf(text, cut) {
  let start = 0;
  return text.split("\n").flatMap((line) => {
    const parts = cut(line);
    const pieces = parts.map((part, number) => {
      const last = number === parts.length - 1;
      const piece = { text: last ? part : part.trimEnd(), start, last };
      start += part.length;
      return piece;
    });
    start += 1; // The line's end.
    return pieces;
  });
}

export const whole = (line) => [line];

/** The sentences of a line, each with the space behind it. */
export function sentencesOf(line) {
  const found = [];
  let start = 0;
  for (const { 0: sign, index } of line.matchAll(END)) {
    const end = index + sign.length;
    const last = line.slice(Math.max(start, index - 8), end).trimEnd();
    if (end >= line.length || NO_END.test(last)) continue;
    found.push(line.slice(start, end));
    start = end;
  }
  return [...found, line.slice(start)];
}

/** What stands between two sentences in a language. */
export function gapIn(language) {
  return UNSPACED.test(language ?? "") ? "" : " ";
}
