/** What an element may be given. */
export interface ElementOptions {
  readonly class?: string;
  readonly title?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** An element with texts and other elements in it. Texts are never markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  options: ElementOptions = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (options.class !== undefined) made.className = options.class;
  if (options.title !== undefined) made.title = options.title;
  for (const [name, value] of Object.entries(options.attributes ?? {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The element of the document with this id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}

/** Sets a text if it is another: what does not change is not read out again. */
export function setText(id: string, text: string): void {
  const found = byId(id);
  if (found.textContent !== text) found.textContent = text;
}

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** `number` stands at the right; `text` may wrap. */
  readonly form?: "number" | "text";
  readonly cell: (row: Row) => Node | string;
}

/** Shows rows in a table, whose first column names each. The table that was there goes, with its place kept. */
export function showTable<Row>(
  id: string,
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  none: string,
): void {
  const heads = columns.map(({ form, title }) => {
    return element("th", { class: form ?? "", attributes: { scope: "col" } }, title);
  });
  const body = rows.map((row) => {
    const cells = columns.map(({ cell, form }, i) =>
      i === 0
        ? element("th", { class: form ?? "", attributes: { scope: "row" } }, cell(row))
        : element("td", { class: form ?? "" }, cell(row)),
    );
    return element("tr", {}, ...cells);
  });
  const empty = element(
    "tr",
    {},
    element("td", { class: "none", attributes: { colspan: String(columns.length) } }, none),
  );
  const place = byId(id);
  const { scrollLeft } = place;
  place.replaceChildren(
    element(
      "table",
      {},
      element("caption", { class: "hidden" }, caption),
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...(body.length === 0 ? [empty] : body)),
    ),
  );
  place.scrollLeft = scrollLeft;
}

/** Shows names and values. */
export function showFacts(id: string, facts: readonly (readonly [name: Node | string, value: Node | string])[]): void {
  byId(id).replaceChildren(...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

/** Shows parts of a whole as one bar, and says them in words to who does not see it. */
export function showMeter(id: string, parts: readonly { readonly name: string; readonly share: number }[]): void {
  const place = byId(id);
  place.setAttribute(
    "aria-label",
    parts.map(({ name, share }) => `${name} ${Math.round(share * 100)} percent`).join(", "),
  );
  place.replaceChildren(
    ...parts.map(({ name, share }) => {
      const part = element("span", { title: name });
      part.style.width = `${share * 100}%`;
      part.hidden = share === 0;
      return part;
    }),
  );
}
