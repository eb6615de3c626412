import { byId, element } from "../../../sdk/admin/page/dom.ts";
import { WeirError, isHex, parseManifest, relayOrigin, verifyManifest } from "weir/core";
import type { OfferedStream, PlayerConfig } from "./playerConfig.ts";

/** A stream to play, and from whom. */
export interface PickedStream {
  readonly stream: OfferedStream;
  /** Origins. */
  readonly relays: readonly string[];
}

const OTHER = "other";
const MANIFEST = "weir.json";

/** Lists the streams that the page offers, and a place for the address of any other. */
export function showStreams({ streams }: Pick<PlayerConfig, "streams">): void {
  const choices = streams.map((stream, index) => choice(String(index), index === 0, ...picture(stream), text(stream)));
  const other = { title: "Another stream", about: "Any stream of any publisher, by its address." };
  const blank = element("span", { class: "poster blank", attributes: { "aria-hidden": "true" } }, "+");
  const fields = element(
    "div",
    { class: "other-fields" },
    field("other-url", "Playlist on a relay", "https://relay.example/film/master.m3u8"),
    field("other-publisher", "Publisher's address", "0x…"),
  );
  fields.hidden = true;
  byId("streams").replaceChildren(...choices, choice(OTHER, streams.length === 0, blank, text(other)), fields);
  byId("streams").addEventListener("change", () => {
    fields.hidden = chosen() !== OTHER;
  });
}

/**
 * What was picked. For a typed address the manifest is fetched, and only its publisher's signature counts.
 *
 * @throws WeirError `malformed-message` for an address that is none; whatever is wrong with the manifest
 */
export async function pickedStream({ relays, streams }: PlayerConfig): Promise<PickedStream> {
  const which = chosen();
  const stream = streams[Number(which)];
  if (which !== OTHER && stream !== undefined) return { stream, relays: relays.map(({ origin }) => origin) };
  const url = URL.parse(typed("other-url"));
  if (url === null || relayOrigin(url.origin) === undefined || !/\.m3u8$/i.test(url.pathname)) {
    throw new WeirError("malformed-message", "The playlist is a URL on a relay that ends in .m3u8.");
  }
  const publisher = typed("other-publisher");
  if (!isHex(publisher, 20)) throw new WeirError("malformed-message", "The publisher is an address: 0x and 40 digits.");
  const at = new URL(MANIFEST, url);
  const answer = await fetch(at, { credentials: "omit", referrerPolicy: "no-referrer" }).catch((cause: unknown) => {
    throw new WeirError("relay-unreachable", `${at.origin} does not answer`, { cause });
  });
  if (!answer.ok) throw new WeirError("not-found", `there is no manifest at ${at.href}`);
  const manifest = parseManifest(await answer.text());
  verifyManifest(manifest, { publisher, now: BigInt(Math.floor(Date.now() / 1_000)) });
  const { name } = manifest;
  const playlist = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  const about = { title: name, about: `From ${url.host}`, publisher, name, manifest: at.pathname, playlist };
  return { stream: about, relays: [url.origin] };
}

function chosen(): string | undefined {
  return document.querySelector<HTMLInputElement>("#streams input[name=stream]:checked")?.value;
}

function typed(id: string): string {
  return (byId(id) as HTMLInputElement).value.trim();
}

function choice(value: string, isFirst: boolean, ...content: readonly Node[]): HTMLElement {
  const input = element("input", { attributes: { type: "radio", name: "stream", value } });
  input.checked = isFirst;
  return element("label", { class: "stream" }, input, element("span", { class: "stream-body" }, ...content));
}

function picture({ poster }: OfferedStream): Node[] {
  if (poster === undefined) return [element("span", { class: "poster blank", attributes: { "aria-hidden": "true" } })];
  return [element("img", { class: "poster", attributes: { src: poster, alt: "", width: "160", height: "90" } })];
}

function text({ about, title }: Pick<OfferedStream, "about" | "title">): Node {
  return element("span", {}, element("b", {}, title), element("small", { class: "muted" }, about));
}

function field(id: string, name: string, example: string): HTMLElement {
  const input = element("input", {
    attributes: { id, placeholder: example, autocomplete: "off", spellcheck: "false", autocapitalize: "none" },
  });
  return element("label", { class: "field" }, element("span", {}, name), input);
}
