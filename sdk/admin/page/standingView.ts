import type { OverviewDocument, StakeDocument } from "../apiDocuments.ts";
import { byId, element, setText, showFacts, showMeter } from "./dom.ts";
import { amount, count, counted, distance, hash, moment, short, size } from "./format.ts";

/** Shows how the relay stands: the tiles, the checks, the cache. */
export function showStanding(overview: OverviewDocument): void {
  const { cache, chain, channels, checks, exposure, ready, relay, sessions } = overview;
  const { symbol } = relay;
  setText("where", `${relay.publicUrl} · ${relay.network}, chain ${relay.chainId}`);
  byId("state").dataset["state"] = ready ? "ready" : "failing";
  setText("state", ready ? "Ready" : "Not ready");

  byId("unsettled").replaceChildren(amount(exposure.unsettled, symbol));
  setText("unsettled-note", `${short(exposure.unsecured)} at risk, ${size(exposure.unsecuredBytes)} not acknowledged`);
  byId("withdrawable").replaceChildren(chain === undefined ? "–" : amount(chain.withdrawable, symbol));
  setText(
    "withdrawable-note",
    chain === undefined ? "the chain cannot be read" : `after the fee of ${short(chain.fees)}`,
  );
  setText("sessions", count(sessions));
  setText("sessions-note", `${counted(channels, "channel")}${closingNote(overview)}`);

  showChecks(checks);
  showFacts("health-facts", healthFacts(overview));
  showCache(cache);
  setText(
    "about",
    `weir ${relay.version} · payee ${relay.payee} · agent ${relay.agent} · ${short(relay.pricePerGiB)} ${symbol} per GiB`,
  );
}

/** Shows what stands behind the operator, and what it earns by that. */
export function showStake(stake: StakeDocument, symbol: string): void {
  const [own, delegated] = [Number(stake.own), Number(stake.delegated)];
  const all = own + delegated;
  const shares = [
    { name: "Own", share: all > 0 ? own / all : 0 },
    { name: "Delegated", share: all > 0 ? delegated / all : 0 },
  ];
  showMeter("stake-meter", shares);
  const when = stake.distributedThisEpoch ? "distributed in this epoch" : "to distribute now";
  showFacts("stake-facts", [
    ["Operator", stake.registered ? (stake.active ? "active" : "registered, not active") : "not registered"],
    [swatch("first", "Own stake"), amount(stake.own, symbol)],
    [swatch("second", "Delegated"), amount(stake.delegated, symbol)],
    ["Own, on its way out", amount(stake.ownUnbonding, symbol)],
    ["Delegated, on its way out", amount(stake.delegatedUnbonding, symbol)],
    ["Room for delegators", amount(stake.delegationRoom, symbol)],
    ["Commission", `${stake.commissionPercent} %`],
    [`Rewards, ${when}`, amount(stake.pendingRewards, symbol)],
    ["Commission to claim", amount(stake.claimable, symbol)],
    ["Next epoch", moment(stake.nextEpochAt)],
  ]);
}

function showChecks(checks: OverviewDocument["checks"]): void {
  byId("checks").replaceChildren(
    ...checks.map(({ cure, found, name, ok }) =>
      element(
        "li",
        { class: ok ? (cure === undefined ? "" : "warned") : "failing" },
        element(
          "span",
          { class: "mark", attributes: { role: "img", "aria-label": ok ? "passed" : "failed" } },
          ok ? "✓" : "✕",
        ),
        element("span", {}, name),
        element("span", { class: "muted" }, found),
        ...(cure === undefined ? [] : [element("span", { class: "cure" }, cure)]),
      ),
    ),
  );
}

function healthFacts({
  at,
  chain,
  collects,
  processes,
  relay,
  transactions,
}: OverviewDocument): [string, Node | string][] {
  const facts: [string, Node | string][] = [
    ["Running since", moment(relay.startedAt)],
    ["Processes on the store", `${count(processes)}, ${collects ? "this one collects" : "another one collects"}`],
    ["Transactions, not final", transactions.length === 0 ? "none" : underWay(transactions, at)],
  ];
  if (chain === undefined) return facts;
  const { agent, head, watched } = chain;
  return [
    ...facts,
    ["Newest block", watched === undefined ? count(head) : `${count(head)}, looked at up to ${count(watched)}`],
    ["Agent's gas", `${short(agent.balance)} coins, ${counted(agent.settlements, "large settlement")}`],
  ];
}

function underWay(transactions: OverviewDocument["transactions"], at: number): HTMLElement {
  const each = transactions.map(({ hash: id, minedIn, sentAt }) => {
    const state = minedIn === undefined ? `sent ${distance(sentAt - at)}` : `in block ${count(minedIn)}`;
    return element("div", {}, hash(id), ` ${state}`);
  });
  return element("span", {}, ...each);
}

const SOURCES = { memory: "From memory", disk: "From disk", joined: "Joined a reading", origin: "From the origin" };

/** Colours of the parts of a bar, in order. */
const SWATCHES = ["first", "second", "third", "fourth"];

function showCache({ bytes, diskBytes, reads }: OverviewDocument["cache"]): void {
  const all = Object.values(reads).reduce((sum, each) => sum + each, 0);
  const parts = Object.entries(SOURCES).flatMap(([from, name]) => {
    const times = reads[from];
    return times === undefined ? [] : [{ name, times, share: all > 0 ? times / all : 0 }];
  });
  showMeter("cache-meter", parts);
  showFacts("cache-facts", [
    ...parts.map(({ name, share, times }, i) => {
      return [swatch(SWATCHES[i] ?? "", name), `${counted(times, "time")}, ${Math.round(share * 100)} %`] as const;
    }),
    ["In memory", size(bytes)],
    ...(diskBytes === undefined ? [] : [["On disk", size(diskBytes)] as const]),
  ]);
}

function closingNote({ at, exposure }: OverviewDocument): string {
  const { closing, firstDeadline } = exposure;
  if (closing === 0 || firstDeadline === undefined) return "";
  return `, ${count(closing)} closing, the first ${distance(firstDeadline - at)}`;
}

function swatch(which: string, name: string): HTMLElement {
  return element("span", {}, element("span", { class: `swatch ${which}` }), name);
}
