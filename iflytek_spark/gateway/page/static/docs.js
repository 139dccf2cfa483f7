/** The page at `/docs`: the description of the routes, as `openapi.json` gives it. */

import { gateway } from "./parts/api.js";
import { el, find } from "./parts/dom.js";

const MAX_DEPTH = 4;
const MAX_CHOICES = 12;
let schemas = {};

async function start() {
  const response = await fetch(new URL("openapi.json", gateway));
  const { info, paths, components } = await response.json();
  schemas = components.schemas;
  find("#version").textContent = info.version;
  const link = el("a", { href: "openapi.json" }, "openapi.json");
  const intro = el("p", {}, info.description, " The whole description: ", link, ".");
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => routeOf(path, method, route)),
  );
  find("#routes").replaceChildren(intro, ...routes);
  document.body.dataset.view = "docs";
}

function routeOf(path, method, route) {
  const head = el("summary", {}, el("span", { class: "method" }, method.toUpperCase()), el("code", {}, path));
  const body = route.requestBody?.content["application/json"]?.schema;
  const answer = route.responses[200]?.content?.["application/json"]?.schema;
  const parts = [el("p", {}, route.description ?? route.summary ?? "")];
  if (route.parameters?.length) parts.push(el("h3", {}, "Parameters"), parameters(route.parameters));
  if (body) parts.push(el("h3", {}, "Body"), fields(body, 0));
  if (answer) parts.push(el("h3", {}, "Response"), fields(answer, 0));
  parts.push(el("h3", {}, "Statuses"), statuses(route.responses));
  return el("details", { class: "route" }, head, ...parts);
}

function parameters(given) {
  const rows = given.map(({ name, in: place, description, required }) =>
    el("tr", {}, nameCell(name, required), el("td", {}, place), el("td", {}, description ?? "")),
  );
  return el("table", { class: "fields" }, el("tbody", {}, ...rows));
}

function statuses(responses) {
  const items = Object.entries(responses).map(([status, { description }]) =>
    el("li", {}, description && description !== "The response" ? `${status} ${description}` : status),
  );
  return el("ul", { class: "statuses" }, ...items);
}

function nameCell(name, required) {
  const mark = required ? el("span", { class: "needed", title: "required" }, " *") : null;
  return el("td", {}, el("code", {}, name), mark);
}

/** Describe the fields of an object; what is deeper is unfolded when it is wanted. */
function fields(schema, depth) {
  const { properties = {}, required = [] } = objectOf(schema) ?? {};
  const rows = Object.entries(properties).map(([name, field]) => {
    const words = el("td", {}, field.description ?? "", deeper(field, depth));
    return el("tr", {}, nameCell(name, required.includes(name)), el("td", {}, typeOf(field)), words);
  });
  return el("table", { class: "fields" }, el("tbody", {}, ...rows));
}

function deeper(field, depth) {
  const object = depth < MAX_DEPTH && objectOf(field);
  if (!object) return null;
  const fold = el("details", {}, el("summary", {}, object.title ?? "fields"));
  fold.addEventListener("toggle", () => fold.children.length === 1 && fold.append(fields(object, depth + 1)));
  return fold;
}

const resolved = (schema) => (schema.$ref ? schemas[schema.$ref.split("/").at(-1)] : schema);
const choicesOf = (schema) => schema.anyOf ?? schema.oneOf ?? [];

/** Return the object that a schema is, has in its list, or offers as its first choice. */
function objectOf(schema, depth = 0) {
  const found = resolved(schema);
  if (found.properties || depth > MAX_DEPTH) return found.properties && found;
  if (found.items) return objectOf(found.items, depth + 1);
  return choicesOf(found).map((choice) => objectOf(choice, depth + 1)).find(Boolean);
}

function typeOf(schema, depth = 0) {
  const found = resolved(schema);
  const inner = (choice) => (depth > MAX_DEPTH ? "…" : typeOf(choice, depth + 1));
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.enum?.length > MAX_CHOICES) return `one of ${found.enum.length}`;
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (choicesOf(found).length)
    return [[...new Set(choicesOf(found).map(inner))].join(" | "), rangeOf(found)].filter(Boolean).join(", ");
  if (found.type === "array") return `${inner(found.items ?? {})}[]`;
  return [found.type ?? "any", rangeOf(found)].filter(Boolean).join(" ");
}

function rangeOf({ minimum, maximum }) {
  if (minimum === undefined && maximum === undefined) return "";
  return `${minimum ?? "…"}–${maximum ?? "…"}`;
}

start();
