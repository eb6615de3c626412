import { parseResourceName } from "weir/core";
import type { ByteRange, Hex, ManifestLeaf } from "weir/core";
import type { ViewerEvent } from "weir/viewer";
import type { SwarmEvent } from "weir/viewer/p2p";
import { byId, element, setText, showFacts } from "../../../sdk/admin/page/dom.ts";
import { counted, size } from "../../../sdk/admin/page/format.ts";
import type { OfferedStream } from "./playerConfig.ts";
import type { RelayLook } from "./relayNames.ts";

/** Shows every resource that arrived, whether it was what the publisher signed, and on demand by which hash. */
export interface ProofView {
  hear(event: ViewerEvent): void;
  hearSwarm(event: SwarmEvent): void;
}

/** A resource that came, from a relay or from another viewer. */
interface Arrival {
  readonly name: string;
  readonly bytes: number;
  readonly from: RelayLook;
  readonly isWrong: boolean;
  /** In a sentence. */
  readonly result: string;
}

/** Viewers have no names that could be believed. */
const PEER: RelayLook = { name: "another viewer", colour: "peer" };

/** The strip forgets the oldest beyond this: it is a picture, not a ledger. */
const MAX_SHOWN = 600;

/** What the manifest lists for a resource. */
type Listed = (path: string, range: ByteRange | undefined) => Promise<ManifestLeaf>;

/** An empty strip. */
export function proofView(
  listed: Listed,
  stream: Pick<OfferedStream, "name" | "publisher">,
  lookOf: (origin: string) => RelayLook,
): ProofView {
  const strip = byId("strip");
  const arrivals = new Map<string, Arrival>();
  let chosen: string | undefined;
  let number = 0;
  let verified = 0;
  let refused = 0;

  function add(arrival: Arrival): void {
    number += 1;
    const id = `segment-${number}`;
    const { from, isWrong } = arrival;
    if (isWrong) refused += 1;
    else verified += 1;
    const { colour, name } = from;
    const option = element("div", {
      class: isWrong ? "cell wrong" : `cell ${colour}`,
      title: `${arrival.name} from ${name}`,
      attributes: {
        id,
        role: "option",
        "aria-selected": "false",
        "aria-label": `${arrival.name} from ${name}, ${isWrong ? "refused" : "verified"}`,
      },
    });
    const isAtEnd = strip.scrollLeft + strip.clientWidth >= strip.scrollWidth - 24;
    strip.append(option);
    arrivals.set(id, arrival);
    const oldest = arrivals.keys().next().value;
    if (arrivals.size > MAX_SHOWN && oldest !== undefined) {
      arrivals.delete(oldest);
      byId(oldest).remove();
    }
    if (isAtEnd) strip.scrollLeft = strip.scrollWidth;
    const wrong = refused > 0 ? `, ${refused} refused and not paid` : "";
    setText("proof-sum", `${counted(verified, "resource")} verified${wrong}`);
  }

  function choose(id: string | undefined): void {
    const arrival = id === undefined ? undefined : arrivals.get(id);
    if (id === undefined || arrival === undefined) return;
    if (chosen !== undefined) document.getElementById(chosen)?.setAttribute("aria-selected", "false");
    chosen = id;
    const cell = byId(id);
    cell.setAttribute("aria-selected", "true");
    strip.setAttribute("aria-activedescendant", id);
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    void explain(id, arrival);
  }

  async function explain(id: string, arrival: Arrival): Promise<void> {
    const { bytes, from, name, result } = arrival;
    const { path, range } = parseResourceName(name);
    // A live stream's manifest lists what is recent; what is older has no hash to show any more.
    const leaf = await listed(path, range).catch(() => undefined);
    // Another one may have been chosen meanwhile.
    if (chosen !== id) return;
    byId("proof-hint").hidden = true;
    byId("proof-facts").hidden = false;
    showFacts("proof-facts", [
      ["Resource", code(name)],
      ["From", `${from.name}, ${size(bytes)}`],
      ["Result", result],
      ["Listed SHA-256", leaf === undefined ? "no longer listed" : code(leaf.contentHash)],
    ]);
  }

  function showManifest(root: Hex, sequence: bigint): void {
    showFacts("manifest-facts", [
      ["Publisher", code(stream.publisher)],
      ["Stream", `${stream.name}, number ${sequence}`],
      ["Manifest root", code(root)],
    ]);
  }

  function move(key: string): string | undefined {
    const ids = [...arrivals.keys()];
    const at = chosen === undefined ? ids.length : ids.indexOf(chosen);
    if (key === "ArrowLeft") return ids[Math.max(0, at - 1)];
    if (key === "ArrowRight") return ids[Math.min(ids.length - 1, at + 1)];
    if (key === "Home") return ids[0];
    return key === "End" ? ids.at(-1) : undefined;
  }

  strip.replaceChildren();
  byId("proof-facts").hidden = true;
  byId("proof-hint").hidden = false;
  byId("manifest-facts").replaceChildren();
  strip.onclick = ({ target }) => {
    if (target instanceof HTMLElement) choose(target.closest<HTMLElement>("[role=option]")?.id);
  };
  strip.onkeydown = (event) => {
    const id = move(event.key);
    if (id === undefined) return;
    event.preventDefault();
    choose(id);
  };

  return {
    hear(event) {
      if (event.type === "manifest") showManifest(event.root, event.sequence);
      if (event.type !== "verified" && event.type !== "corrupt") return;
      const { bytes, name, relay } = event;
      const from = lookOf(relay);
      if (event.type === "verified") {
        const result = `Verified in ${Math.round(event.milliseconds)} ms, then paid`;
        add({ name, bytes, from, isWrong: false, result });
      } else {
        const result = "Refused: its SHA-256 is another. Not shown, not paid; another relay was asked.";
        add({ name, bytes, from, isWrong: true, result });
      }
    },
    hearSwarm(event) {
      if (event.type !== "shared" && event.type !== "refused") return;
      const { bytes, name } = event;
      const isWrong = event.type === "refused";
      const result = isWrong ? "Refused: its SHA-256 is another. Not shown, not passed on." : "Verified, and free";
      add({ name, bytes, from: PEER, isWrong, result });
    },
  };
}

function code(text: string): HTMLElement {
  return element("span", { class: "mono" }, text);
}
