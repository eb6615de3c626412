import { load } from "./api.ts";
import { byId, element, showTable } from "./dom.ts";
import type { Column } from "./dom.ts";

/** A long list that is looked at page by page. */
export interface PagedTable<Row> {
  /** Where its pages come from, with parameters if any. */
  readonly source: () => string;
  /** Prefix of the ids of its table and pager. */
  readonly id: string;
  readonly caption: string;
  readonly none: string;
  readonly columns: () => readonly Column<Row>[];
  readonly rows: (document: never) => readonly Row[];
}

/** What can be done with a list. */
export interface Pages {
  /** Reads the page that is shown again. */
  readonly refresh: () => Promise<void>;
  /** Goes to the first page. */
  readonly restart: () => Promise<void>;
}

/** Shows a list with buttons for its pages. Going back leads over the pages that were seen. */
export function pagedTable<Row>({ caption, columns, id, none, rows, source }: PagedTable<Row>): Pages {
  const seen: (string | undefined)[] = [undefined];
  let next: string | undefined;
  const back = element("button", { attributes: { type: "button" } }, "Newer");
  const on = element("button", { attributes: { type: "button" } }, "Older");
  const place = element("span", { class: "muted", attributes: { "aria-live": "polite" } });
  byId(`${id}-pager`).append(place, back, on);

  const refresh = async (): Promise<void> => {
    const after = seen.at(-1);
    const url = new URL(source(), location.href);
    url.searchParams.set("limit", "10");
    if (after !== undefined) url.searchParams.set("after", after);
    const document = await load<{ readonly next?: string }>(url.pathname + url.search);
    next = document.next;
    showTable(`${id}-table`, caption, columns(), rows(document as never), none);
    place.textContent = `Page ${seen.length}`;
    back.disabled = seen.length === 1;
    on.disabled = next === undefined;
    byId(`${id}-pager`).hidden = seen.length === 1 && next === undefined;
  };
  const go = (turn: () => void): void => {
    turn();
    // What fails is shown by the next poll, which reads the same page.
    refresh().catch(() => {
      place.textContent = "not read";
    });
  };
  back.addEventListener("click", () => {
    go(() => seen.pop());
  });
  on.addEventListener("click", () => {
    go(() => seen.push(next));
  });
  return {
    refresh,
    async restart() {
      seen.length = 1;
      await refresh();
    },
  };
}
