import type { ChannelsDocument, IssuesDocument, SettlementsDocument } from "../apiDocuments.ts";
import { byId, element, showTable } from "./dom.ts";
import { count, distance, hash, moment, plainAmount, size } from "./format.ts";
import { pagedTable } from "./pagedTable.ts";
import type { Pages } from "./pagedTable.ts";

/** Mined transactions, the newest first. */
export function settlementsList(symbol: () => string): Pages {
  return pagedTable<SettlementsDocument["settlements"][number]>({
    ...{ id: "settlements", caption: "Mined transactions, the newest first", none: "Nothing settled yet" },
    source: () => "/api/settlements",
    rows: ({ settlements }: SettlementsDocument) => settlements,
    columns: () => [
      { title: "Mined", cell: ({ minedAt }) => moment(minedAt) },
      { title: "Why", cell: ({ reason }) => element("span", { class: "tag" }, reason) },
      { title: "Receipts", form: "number", cell: ({ settles }) => count(settles) },
      { title: "Closed", form: "number", cell: ({ closes }) => count(closes) },
      { title: `Settled, ${symbol()}`, form: "number", cell: ({ value }) => plainAmount(value) },
      { title: "Gas used", form: "number", cell: ({ gasUsed }) => count(Number(gasUsed)) },
      { title: `Gas, ${symbol()}`, form: "number", cell: ({ cost }) => plainAmount(cost) },
      { title: "Saved", form: "number", cell: ({ saved }) => plainAmount(saved) },
      { title: "Transaction", cell: (row) => (row.hash === undefined ? "another program's" : hash(row.hash)) },
    ],
  });
}

/** Channels in the order of their ids. */
export function channelsList(symbol: () => string): Pages {
  const which = byId("channels-which") as HTMLSelectElement;
  const pages = pagedTable<ChannelsDocument["channels"][number]>({
    ...{ id: "channels", caption: "Channels in the order of their ids", none: "No such channel" },
    source: () => `/api/channels${which.value === "" ? "" : `?which=${which.value}`}`,
    rows: ({ channels }: ChannelsDocument) => channels,
    columns: () => [
      { title: "Channel", cell: ({ id }) => hash(id) },
      { title: "State", cell: ({ state }) => element("span", { class: `tag ${state}` }, state) },
      { title: "Payer's key", cell: ({ signer }) => hash(signer) },
      { title: "Acknowledged", form: "number", cell: ({ acknowledgedBytes }) => size(acknowledgedBytes) },
      { title: `Deposit, ${symbol()}`, form: "number", cell: ({ deposit }) => plainAmount(deposit) },
      { title: "Settled", form: "number", cell: ({ settled }) => plainAmount(settled) },
      { title: "To collect", form: "number", cell: ({ unsettled }) => plainAmount(unsettled) },
      { title: "Settle by", cell: ({ deadline }) => (deadline === undefined ? "" : moment(deadline)) },
    ],
  });
  which.addEventListener("change", () => {
    // A list that is not read now is read by the next poll.
    pages.restart().catch(() => undefined);
  });
  return pages;
}

/** Shows what went wrong since the process started. */
export function showIssues({ issues }: IssuesDocument, now: number): void {
  showTable<IssuesDocument["issues"][number]>(
    "issues-table",
    "What went wrong since the relay started, the latest first",
    [
      { title: "What", form: "text", cell: whatHappened },
      { title: "Times", form: "number", cell: ({ count: times }) => count(times) },
      { title: "Last", cell: ({ lastAt }) => distance(lastAt - now) },
    ],
    issues,
    "Nothing went wrong since the relay started",
  );
}

function whatHappened({ about, code, cure, title }: IssuesDocument["issues"][number]): HTMLElement {
  const place = [about, code].filter((text) => text !== undefined).join(" · ");
  return element(
    "span",
    { title: cure },
    title,
    ...(place === "" ? [] : [element("br"), element("span", { class: "muted mono" }, place)]),
  );
}
