/** Makes elements. Text is only ever set as text: nothing here reads HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 * @param {string} tag
 * @param {Object} attributes `onclick` and the like are listeners; false, null and undefined are
 *     left out, true is an attribute without a value.
 * @param {...(Node|string|null|Array)} children null is left out; a list is taken as its items.
 */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Make an element of SVG, as `el` does. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  for (const child of children.flat()) if (child != null) node.append(child);
  return node;
}

/** Find the one element that a selector names. */
export const find = (selector, within = document) => within.querySelector(selector);

/**
 * Return an address if it may become a link: absolute, of http or https, without a user's name
 * (`https://your-bank.com@elsewhere.com` leads elsewhere); else null.
 */
export function safeUrl(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  const allowed = ["http:", "https:"].includes(url.protocol) && !url.username && !url.password;
  return allowed ? url.href : null;
}

/** Make a link that tells the other site nothing, or null for an address that may be none. */
export function link(text, ...children) {
  const href = safeUrl(text);
  if (href === null) return null;
  const rel = "noopener noreferrer nofollow";
  return el("a", { href, rel, target: "_blank", title: href }, ...children);
}
