import { errorCatalogue, formatAmount } from "weir/core";
import type { DeploymentToken } from "weir/core";
import type { RelayStatus } from "weir/viewer";
import type { MeterReading } from "weir/viewer/meter";
import { byId, element, setText } from "../../../sdk/admin/page/dom.ts";
import { short, size } from "../../../sdk/admin/page/format.ts";
import type { RelayLook } from "./relayNames.ts";

/** Shows what each relay did, and what it costs. */
export interface RelaysView {
  show(reading: MeterReading): void;
}

interface Row {
  readonly state: HTMLElement;
  readonly bar: HTMLElement;
  readonly share: HTMLElement;
  readonly facts: HTMLElement;
}

/** An empty view of relays. */
export function relaysView(lookOf: (origin: string) => RelayLook, token: DeploymentToken): RelaysView {
  const rows = new Map<string, Row>();
  byId("relays").replaceChildren();

  function rowOf(origin: string): Row {
    const known = rows.get(origin);
    if (known !== undefined) return known;
    const { colour, name } = lookOf(origin);
    const row = {
      state: element("span", { class: "tag" }),
      bar: element("span", { class: colour }),
      share: element("span", { class: "share" }),
      facts: element("p", { class: "muted small parts" }),
    };
    const head = element(
      "div",
      { class: "relay-head" },
      element("span", { class: `swatch ${colour}` }),
      element("span", { class: "relay-name", title: origin }, name),
      row.state,
      row.share,
    );
    byId("relays").append(element("li", {}, head, element("div", { class: "track thin" }, row.bar), row.facts));
    rows.set(origin, row);
    return row;
  }

  function showRelay(relay: RelayStatus): void {
    const { bar, facts, share, state } = rowOf(relay.origin);
    const { kind, text, why } = standing(relay);
    if (state.textContent !== text) {
      state.textContent = text;
      state.className = `tag ${kind}`;
    }
    const percent = Math.round(relay.share * 100);
    share.textContent = `${percent}%`;
    bar.style.width = `${percent}%`;
    const price = relay.pricePerGiB;
    const parts = [
      ...(why === undefined ? [] : [why]),
      `${size(Number(relay.verifiedBytes))} verified`,
      ...(relay.refusedBytes > 0n ? [`${size(Number(relay.refusedBytes))} refused, not paid`] : []),
      ...(price === undefined ? [] : [`${short(formatAmount(price, token.decimals))} ${token.symbol}/GiB`]),
      ...(relay.verifiedBytes > 0n ? [`${size(relay.throughput)}/s`] : []),
    ];
    facts.replaceChildren(...parts.flatMap((part, index) => [...(index > 0 ? [" "] : []), element("span", {}, part)]));
  }

  return {
    show({ refusedBytes, relays, throughput, verifiedBytes }) {
      for (const relay of relays) showRelay(relay);
      const parts = [
        ...(verifiedBytes > 0n ? [`${size(Number(verifiedBytes))} verified`] : []),
        ...(refusedBytes > 0n ? [`${size(Number(refusedBytes))} refused`] : []),
        ...(throughput > 0 ? [`${size(throughput)}/s`] : []),
      ];
      setText("speed", parts.join(" · "));
    },
  };
}

/** Where a relay stands, in a word, how to colour it, and why it is not used. */
function standing({ phase, problem, verifiedBytes }: RelayStatus): {
  readonly kind: "bad" | "good" | "";
  readonly text: string;
  readonly why?: string;
} {
  if (problem === "content-mismatch") return { kind: "bad", text: "Refused", why: "sent a wrong byte" };
  // The viewer's limit, not the relay's fault: nothing to warn about here, and another word than for a relay that is gone.
  if (problem === "budget-exhausted") return { kind: "", text: "Unfunded", why: "the budget is used up" };
  if (problem === "relay-unreachable") return { kind: "bad", text: "Away", why: "does not answer" };
  if (problem !== undefined) return { kind: "bad", text: "Not used", why: errorCatalogue[problem].title.toLowerCase() };
  if (phase === "open") return { kind: "good", text: verifiedBytes > 0n ? "Delivering" : "Ready" };
  if (phase === "opening" || phase === "new") return { kind: "", text: "Opening" };
  return { kind: "", text: phase === "idle" ? "Waiting" : "Ended" };
}
