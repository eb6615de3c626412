import { parseManifest, relayOrigin, verifyManifest, WeirError } from "../../core/index.ts";
import type { Address, Manifest } from "../../core/index.ts";
import type { RelayTerms } from "../../http/index.ts";
import { checkStake } from "../../viewer/checkTerms.ts";
import type { AcceptableTerms, StakeDemand } from "../../viewer/checkTerms.ts";
import { systemClock } from "../../viewer/clock.ts";
import { relayWire } from "../../viewer/relayWire.ts";
import type { RelayWire } from "../../viewer/relayWire.ts";
import { CliError } from "../cliError.ts";

/** What is to be played, by the viewer's own word. */
export interface StreamRequest {
  /** Of a playlist on a relay. */
  readonly url: URL;
  readonly publisher: Address;
  /** The publisher's name for the stream; any of the publisher's if undefined. */
  readonly name: string | undefined;
  /** Path of the signed list on the relays; looked for beside the playlist and above it if undefined. */
  readonly manifest: string | undefined;
}

/** A stream with its list, checked. */
export interface FoundStream {
  readonly manifest: Manifest;
  /** Path of the list on every relay. */
  readonly path: string;
}

/** A relay whose terms the viewer can accept. */
export interface AcceptedRelay {
  readonly origin: string;
  readonly terms: RelayTerms;
}

/** What a viewer accepts of relays. */
export interface Acceptable extends AcceptableTerms, StakeDemand {}

const TIMEOUT_MS = 10_000;
const MAX_MANIFEST_BYTES = 8 << 20;
const FILE_NAME = "weir.json";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A URL that was typed. @throws CliError `usage` unless a relay can be there */
export function parseStreamUrl(typed: string): URL {
  const url = URL.parse(typed);
  if (url === null || relayOrigin(url.origin) === undefined) {
    const cure =
      "Name the playlist on a relay: https://relay.example/film/master.m3u8; plain http is for loopback only.";
    throw new CliError("usage", `${typed} is no URL on a relay`, cure);
  }
  return url;
}

/**
 * The signed list of a stream, from whichever relay has a good one.
 *
 * @param relays origins, the first to be asked first
 * @throws WeirError of the most telling refusal: that a list is another publisher's says more than that there is none
 */
export async function findStream(relays: readonly string[], request: StreamRequest): Promise<FoundStream> {
  const { manifest: given, name, publisher, url } = request;
  const now = BigInt(Math.floor(Date.now() / 1_000));
  const trust = { publisher, now, ...(name === undefined ? {} : { name }) };
  const failures: WeirError[] = [];
  for (const origin of relays) {
    const wire = wireOf(origin);
    for (const path of given === undefined ? placesOf(url.pathname) : [new URL(given, url).pathname]) {
      try {
        return { path, manifest: await fetchManifest(wire, path, trust) };
      } catch (error) {
        if (!WeirError.is(error)) throw error;
        failures.push(error);
        if (error.code === "relay-unreachable") break;
      }
    }
  }
  const telling = failures.find(({ code }) => code !== "not-found" && code !== "relay-unreachable");
  throw telling ?? failures[0] ?? new WeirError("no-relay-left");
}

/**
 * The terms of relays, compared with what the viewer accepts, before any money moves.
 *
 * @param onRefused called for each relay that is left out
 * @throws what the first of them was refused for, if all were
 */
export async function acceptRelays(
  relays: readonly string[],
  acceptable: Acceptable,
  onRefused: (origin: string, error: WeirError) => void,
): Promise<AcceptedRelay[]> {
  const answers = await Promise.all(relays.map(async (origin) => termsOf(origin, acceptable)));
  const accepted: AcceptedRelay[] = [];
  let first: WeirError | undefined;
  for (const answer of answers) {
    if ("terms" in answer) accepted.push(answer);
    else {
      first ??= answer.error;
      onRefused(answer.origin, answer.error);
    }
  }
  if (accepted.length === 0) throw first ?? new WeirError("no-relay-left");
  return accepted;
}

async function termsOf(
  origin: string,
  acceptable: Acceptable,
): Promise<AcceptedRelay | { readonly origin: string; readonly error: WeirError }> {
  const answer = await wireOf(origin).terms(acceptable, new AbortController().signal);
  if (!answer.ok) return { origin, error: answer.problem.error };
  try {
    await checkStake(answer.value, acceptable);
    return { origin, terms: answer.value };
  } catch (error) {
    if (!WeirError.is(error) || error.code !== "stake-too-low") throw error;
    return { origin, error };
  }
}

function wireOf(origin: string): RelayWire {
  return relayWire(origin, async (url, init) => fetch(url, init), systemClock, TIMEOUT_MS);
}

async function fetchManifest(
  wire: RelayWire,
  path: string,
  trust: Parameters<typeof verifyManifest>[1],
): Promise<Manifest> {
  const answer = await wire.free(path, MAX_MANIFEST_BYTES, new AbortController().signal);
  if (!answer.ok) throw answer.problem.error;
  let text: string;
  try {
    text = utf8.decode(answer.value.body);
  } catch (cause) {
    throw new WeirError("manifest-invalid", "the manifest is not UTF-8", { cause });
  }
  const manifest = parseManifest(text);
  verifyManifest(manifest, trust);
  return manifest;
}

/** Beside the playlist, then in every folder above. */
function placesOf(pathname: string): string[] {
  const folders = pathname.split("/").slice(1, -1);
  return [...folders, ""].map((_, i) => ["", ...folders.slice(0, folders.length - i), FILE_NAME].join("/"));
}
