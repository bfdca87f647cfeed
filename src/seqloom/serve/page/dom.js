// Elements in one line each. Text is always text: nothing here reads HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `given` are attributes; functions are listeners (`onclick`), true is an attribute without a value. */
export function h(tag, given = {}, ...inside) {
  return filled(document.createElement(tag), given, inside);
}

/** The same of SVG. */
export function s(tag, given = {}, ...inside) {
  return filled(document.createElementNS(SVG, tag), given, inside);
}

function filled(element, given, inside) {
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...inside.flat(Infinity).filter((each) => each !== null && each !== undefined));
  return element;
}

/** A number that the style reads. Set by script, for the page allows no style within its HTML. */
export function styled(element, values) {
  for (const [name, value] of Object.entries(values)) element.style.setProperty(name, value);
  return element;
}

let last = 0;

/** An id that is nobody else's, to tie a label to its field. */
export function newId() {
  last += 1;
  return `e${last}`;
}

export function button(text, onclick, given = {}) {
  return h("button", { type: "button", onclick, ...given }, text);
}

/** A field with its label above it. */
export function labelled(text, field, given = {}) {
  field.id ||= newId();
  return h("div", { class: "labelled", ...given }, h("label", { for: field.id }, text), field);
}

/** A choice among [value, text] pairs. */
export function select(pairs, chosen, onchange, given = {}) {
  const options = pairs.map(([value, text]) => h("option", { value, selected: value === chosen }, text));
  return h("select", { onchange: (event) => onchange(event.target.value), ...given }, options);
}

/** Into the clipboard, also of a page from another machine without TLS, to which browsers give none of their own. */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = h("textarea", { value: text, class: "unseen" });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
