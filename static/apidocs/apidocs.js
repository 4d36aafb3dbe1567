/**
 * The API page: renders /api/openapi.json, section by section. Nothing is loaded from elsewhere and nothing
 * is written twice; what stands here is what the server validates with.
 */

import { h } from "../base/dom.js";
import { example, prose, schemaTable } from "./schema.js";

const METHOD_CLASS = { get: "read", post: "write", patch: "write", put: "write", delete: "remove" };

/** Sections by tag, in the document's order. */
function sections(document) {
  const found = new Map();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const [tag] = operation.tags;
      if (!found.has(tag)) found.set(tag, []);
      found.get(tag).push({ path, method, operation });
    }
  }
  return found;
}

function parameters(document, operation) {
  const list = (operation.parameters ?? []).filter((parameter) => parameter.in !== "path");
  if (!list.length) return null;
  const properties = Object.fromEntries(
    list.map(({ name, schema, description }) => [name, { ...schema, description: description ?? schema.description }]),
  );
  const required = list.filter((parameter) => parameter.required).map((parameter) => parameter.name);
  return h("div", {}, h("h4", { text: "Query and headers" }), schemaTable(document, { properties, required }));
}

function requestBody(document, operation) {
  const schema = operation.requestBody?.content["application/json"]?.schema;
  if (!schema) return null;
  return h("div", {}, h("h4", { text: "Body" }), schemaTable(document, schema), sample(document, schema));
}

function sample(document, schema) {
  return h("pre", { tabindex: 0, "aria-label": "Example" }, h("code", { text: JSON.stringify(example(document, schema), null, 2) }));
}

function response(document, [status, { description, content }]) {
  const schema = content?.["application/json"]?.schema;
  const good = status < 400;
  return h(
    "details",
    { class: "response" },
    h("summary", {}, h("span", { class: good ? "status good" : "status bad", text: status }), " ", prose(description, "span")),
    good && schema ? schemaTable(document, schema) : null,
    good && schema ? sample(document, schema) : null,
    good ? null : h("p", { text: "application/problem+json, as described under Problems." }),
  );
}

function operationView(document, { path, method, operation }) {
  const allowed = operation["x-allowed"].join(", ");
  return h(
    "article",
    { class: "operation", id: operation.operationId },
    h(
      "h3",
      {},
      h("span", { class: `method ${METHOD_CLASS[method]}`, text: method.toUpperCase() }),
      " ",
      h("a", { href: `#${operation.operationId}`, class: "path", text: path }),
    ),
    h("p", { class: "summary", text: operation.summary }),
    operation.description ? prose(operation.description) : null,
    h("p", { class: "allowed", text: `Who: ${allowed}` }),
    parameters(document, operation),
    requestBody(document, operation),
    h("h4", { text: "Answers" }),
    ...Object.entries(operation.responses).map((entry) => response(document, entry)),
  );
}

function problemsView(document) {
  const rows = document["x-problems"].map(({ code, status, title }) =>
    h("tr", { id: `problem-${code}` }, h("td", {}, h("code", { text: code })), h("td", { text: status }), h("td", { text: title })),
  );
  return h(
    "section",
    { id: "problems" },
    h("h2", { text: "Problems" }),
    h("p", { text: "Every refusal has this shape; clients switch on its code." }),
    schemaTable(document, { $ref: "#/components/schemas/ProblemAnswer" }),
    table(["Code", "Status", "Title"], rows),
  );
}

function socketsView(document) {
  const rows = document["x-websockets"].map(({ path, summary }) =>
    h("tr", {}, h("td", {}, h("code", { text: path })), h("td", { text: summary })),
  );
  return h(
    "section",
    { id: "sockets" },
    h("h2", { text: "WebSockets" }),
    prose('Tokens never travel in an address: send `{"type":"authenticate","token":"…"}` after opening.'),
    table(["Path", "What"], rows),
  );
}

function table(titles, rows) {
  const head = h("tr", {}, ...titles.map((title) => h("th", { scope: "col", text: title })));
  return h("div", { class: "scroll", tabindex: 0 }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)));
}

async function show() {
  const main = document.getElementById("main");
  const answer = await fetch("/api/openapi.json");
  if (!answer.ok) {
    main.replaceChildren(h("p", { class: "notice notice-attention", role: "alert", text: `The description could not be loaded (${answer.status}).` }));
    return;
  }
  const description = await answer.json();
  const found = sections(description);
  const anchors = [...found.keys()].map((tag) => [tag, tag]);
  document.getElementById("contents").replaceChildren(
    h("ul", {}, ...[...anchors, ["sockets", "WebSockets"], ["problems", "Problems"]].map(([id, text]) => h("li", {}, h("a", { href: `#${id}`, text })))),
  );
  main.replaceChildren(
    h("h1", { text: `${description.info.title} API` }),
    prose(description.info.description),
    h("p", {}, h("a", { href: "/api/openapi.json", text: "openapi.json" }), ` (OpenAPI ${description.openapi})`),
    ...[...found].map(([tag, operations]) =>
      h("section", { id: tag }, h("h2", { text: tag }), ...operations.map((entry) => operationView(description, entry))),
    ),
    socketsView(description),
    problemsView(description),
  );
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

await show();
