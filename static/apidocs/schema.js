/** JSON Schema as a table of fields, and as an example. Knows what pydantic writes and no more. */

import { h } from "../base/dom.js";

const DEEPEST = 5;

/** `text` with what stands between backticks set as code. */
export function prose(text, tag = "p", props = {}) {
  const parts = text.split("`").map((part, index) => (index % 2 ? h("code", { text: part }) : part));
  return h(tag, props, ...parts);
}

/** The schema a reference leads to. */
export function resolve(document, schema) {
  let found = schema;
  while (found.$ref) found = document.components.schemas[found.$ref.split("/").pop()];
  return found;
}

/** A type in a few words: `text (date-time)`, `list of Ticket`, `one of normal, priority`. */
export function typeName(document, schema) {
  if (schema.$ref) {
    const found = resolve(document, schema);
    return found.enum ? typeName(document, found) : schema.$ref.split("/").pop();
  }
  if (schema.anyOf) return schema.anyOf.map((choice) => typeName(document, choice)).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return `one of ${schema.enum.join(", ")}`;
  if (schema.type === "array") return `list of ${typeName(document, schema.items ?? {})}`;
  if (schema.type === "null") return "null";
  return `${schema.type ?? "anything"}${schema.format ? ` (${schema.format})` : ""}`;
}

function limits(schema) {
  const known = [
    ["minLength", "at least", "characters"],
    ["maxLength", "at most", "characters"],
    ["minimum", "from", ""],
    ["maximum", "to", ""],
    ["maxItems", "at most", "entries"],
  ];
  const own = [schema, ...(schema.anyOf ?? [])];
  return known
    .flatMap(([name, before, after]) => own.filter((part) => name in part).map((part) => `${before} ${part[name]} ${after}`.trim()))
    .join(", ");
}

function row(document, name, schema, required) {
  const type = [typeName(document, schema), limits(schema)].filter(Boolean).join("; ");
  return h(
    "tr",
    {},
    h("td", {}, h("code", { text: name }), required ? h("span", { class: "required", text: " required" }) : null),
    h("td", { text: type }),
    prose(schema.description ?? "", "td"),
  );
}

/** The fields of an object, or of the objects in a list, each with its type. */
export function schemaTable(document, schema) {
  const found = resolve(document, schema);
  if (found.anyOf) {
    return h("div", {}, ...found.anyOf.map((choice) => h("div", {}, h("p", { text: typeName(document, choice) }), schemaTable(document, choice))));
  }
  const properties = Object.entries(found.properties ?? {});
  const description = found.description ? prose(found.description, "p", { class: "soft" }) : null;
  if (!properties.length) return h("div", {}, description, h("p", { text: typeName(document, schema) }));
  const required = new Set(found.required ?? []);
  const head = h("tr", {}, ...["Field", "Type", "Meaning"].map((title) => h("th", { scope: "col", text: title })));
  const rows = properties.map(([name, property]) => row(document, name, property, required.has(name)));
  return h("div", {}, description, h("div", { class: "scroll", tabindex: 0 }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows))));
}

/** A value that has the schema's shape. */
export function example(document, schema, depth = 0) {
  const found = resolve(document, schema);
  if (depth > DEEPEST) return null;
  if (found.default !== undefined && found.default !== null) return found.default;
  if (found.const !== undefined) return found.const;
  if (found.enum) return found.enum[0];
  if (found.anyOf) return example(document, found.anyOf[0], depth);
  if (found.type === "array") return found.items ? [example(document, found.items, depth + 1)] : [];
  if (found.properties) {
    return Object.fromEntries(
      Object.entries(found.properties).map(([name, property]) => [name, example(document, property, depth + 1)]),
    );
  }
  if (found.type === "integer" || found.type === "number") return found.minimum ?? 1;
  if (found.type === "boolean") return true;
  if (found.type === "null") return null;
  if (found.format === "date-time") return "2026-03-02T09:00:00+00:00";
  if (found.format === "date") return "2026-03-02";
  return found.type === "object" ? {} : "…";
}
