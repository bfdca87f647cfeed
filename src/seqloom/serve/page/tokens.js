// Words of a text, and which tokens of a model stand in each. Tokens are the model's; words are what a person points at.

/** The words, each with its place: {start, end, text}. Marks stand alone; Chinese is cut by the browser's dictionary. */
export function wordsOf(text) {
  const cut = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
  return [...cut]
    .filter((each) => each.segment.trim())
    .map((each) => ({ start: each.index, end: each.index + each.segment.length, text: each.segment }));
}

/** Where each token stands in the text, [start, end); of one that is not to be found, an empty stretch. */
export function placesOf(tokens, text) {
  const low = text.toLowerCase();
  let at = 0;
  return tokens.map((token) => {
    const plain = token.replaceAll("▁", " ").trim().toLowerCase();
    const found = plain ? low.indexOf(plain, at) : -1;
    if (found < 0 || found > at + 24) return [at, at];
    at = found + plain.length;
    return [found, at];
  });
}

/** The tokens in each word, by their numbers. */
export function tokensIn(words, places) {
  return words.map((word) =>
    places.flatMap(([start, end], number) => (start < word.end && end > word.start ? [number] : [])),
  );
}

/** A table of tokens by tokens as one of words by words: what several tokens of a source receive adds up, what several
 * tokens of an answer give is their mean. */
export function pooled(table, rows, columns) {
  return rows.map((row) =>
    columns.map((column) => {
      const sums = row.map((t) => column.reduce((sum, s) => sum + (table[t]?.[s] ?? 0), 0));
      return sums.length ? sums.reduce((sum, each) => sum + each, 0) / sums.length : 0;
    }),
  );
}

/** The writing that a text is in, as far as glyphs depend on it: what `lang` must say for Chinese to look Chinese. */
export function languageOf(text, otherwise = "") {
  if (/[\u3040-\u30ff]/.test(text)) return "ja";
  if (/[\uac00-\ud7af]/.test(text)) return "ko";
  if (/\p{Script=Han}/u.test(text)) return "zh-Hans";
  return otherwise;
}

/** How many columns of a terminal a text takes: a Chinese sign is as wide as two Latin ones. */
export function widthOf(text) {
  const wide = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Script=Han}|\p{Extended_Pictographic}/u;
  return [...text].reduce((sum, sign) => sum + (/\p{M}/u.test(sign) ? 0 : wide.test(sign) ? 2 : 1), 0);
}

/** A token as people read it. */
export function shown(token) {
  return token.replace(/^▁(?=.)/, "").replace(/^[▁\s]+$/, "␣");
}

/** The differences of two texts: of each its words as {text, same}, by their longest common subsequence. */
export function differing(one, other) {
  const [a, b] = [one, other].map((text) => [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)].map((each) => each.segment));
  const long = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      long[i][j] = a[i] === b[j] ? long[i + 1][j + 1] + 1 : Math.max(long[i + 1][j], long[i][j + 1]);
    }
  }
  const [first, second] = [[], []];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      first.push({ text: a[i], same: true });
      second.push({ text: b[j], same: true });
      [i, j] = [i + 1, j + 1];
    } else if (j === b.length || (i < a.length && long[i + 1][j] >= long[i][j + 1])) {
      first.push({ text: a[i], same: false });
      i += 1;
    } else {
      second.push({ text: b[j], same: false });
      j += 1;
    }
  }
  return [first, second];
}
