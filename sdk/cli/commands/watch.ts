import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { extname, resolve } from "node:path";
import { findRelays, openAccount } from "../../chain/index.ts";
import { MAX_GRACE_PERIOD, relayOrigin } from "../../core/index.ts";
import type { Address } from "../../core/index.ts";
import { createViewer, viewerChain } from "../../viewer/index.ts";
import { readBook } from "../../viewer/channelBook.ts";
import { fundBytesOf } from "../../viewer/fundBytes.ts";
import { costSoFar, promisedFunding } from "../../viewer/wallet/sessionMoney.ts";
import { assertTokens } from "../assertTokens.ts";
import { CliError } from "../cliError.ts";
import { sendOptions } from "../commandSpec.ts";
import type { CommandContext, CommandResult, CommandSpec } from "../commandSpec.ts";
import { chainSettings, connect, parseTokens, showTokens, tokensOf } from "../connect.ts";
import type { ChainConnection } from "../connect.ts";
import { addressOfKey, openKey } from "../keys.ts";
import { columns } from "../output.ts";
import { askConfirmation } from "../prompts.ts";
import { stopSignal } from "../stopSignal.ts";
import { acceptRelays, findStream, parseStreamUrl } from "../watch/findStream.ts";
import type { AcceptedRelay, FoundStream } from "../watch/findStream.ts";
import { meterLine, meterLines, showBytes } from "../watch/meter.ts";
import type { Reading } from "../watch/meter.ts";
import { pickSession } from "../watch/pickSession.ts";
import type { PickedSession } from "../watch/pickSession.ts";
import { playStream } from "../watch/playStream.ts";
import type { Playing, Track } from "../watch/playStream.ts";
import { removeSession, sessionFolder, writeSession } from "../watch/sessionFiles.ts";

const METER_MS = 250;
const LOG_METER_MS = 10_000;

/** `weir watch` */
export const watch: CommandSpec = {
  description:
    "Plays an HLS stream as any viewer does: every byte is checked against the publisher's signed list, then paid for by a " +
    "receipt, and never before. The wallet puts the budget into the account of a session key, once; the rest stays yours " +
    "and comes back with weir sessions close. The key is on disk before any money moves, so a crash strands nothing. Nothing " +
    "that a relay says changes publisher, price or budget. A signal stops, pays what is owed and keeps the session.",
  settings: [
    ...chainSettings,
    "chain.transactions",
    "chain.confirmations",
    "wallet.keystore",
    "wallet.passwordFile",
    "viewer.publisher",
    "viewer.maxPricePerGiB",
    "viewer.budget",
    "viewer.state",
  ],
  options: [
    { flag: "out", placeholder: "<file>", about: "where to write the media, such as film.mp4; nowhere if left out" },
    { flag: "variant", placeholder: "<which>", about: "480p, or the most bits per second; the best if left out" },
    { flag: "relays", placeholder: "<origins>", about: "further relays that have the stream, separated by commas" },
    { flag: "find", about: "look for further relays in the registry" },
    { flag: "region", placeholder: "<name>", about: "with --find: only relays there" },
    { flag: "min-stake", placeholder: "<tokens>", about: "only relays with so much at stake of their own" },
    { flag: "name", placeholder: "<name>", about: "the stream that it must be; any of the publisher's if left out" },
    {
      flag: "manifest",
      placeholder: "<path>",
      about: "path of the signed list; looked for beside and above the playlist",
    },
    { flag: "realtime", about: "stay half a minute ahead of a playhead, as a player does, instead of hurrying" },
    { flag: "new-session", about: "a new session key, so that nothing ties this to what was watched before" },
    ...sendOptions,
  ],
  examples: [
    [
      "weir watch https://relay.example/film/master.m3u8 --out film.mp4 --publisher 0x… --budget 1",
      "watch and keep it",
    ],
    ["weir watch https://relay.example/live/master.m3u8 --find --min-stake 1000 --yes --json", "count, for a script"],
  ],
  async run(context) {
    const request = readRequest(context);
    const connection = await connect(context);
    const limits = limitsOf(context, connection);
    const owner = await addressOfKey(context, "wallet");
    const relays = await relaysOf(context, connection, request.url, limits);
    const stream = await findStream(relays, request);
    const chain = viewerChain(connection.client, connection.deployment);
    const acceptable = { ...limits, deployment: connection.deployment, maxGracePeriod: MAX_GRACE_PERIOD, chain };
    const accepted = await acceptRelays(relays, acceptable, (origin, error) => {
      context.output.say(`${origin} is left out: ${error.shortMessage} [${error.code}]`);
    });
    const folder = sessionFolder(context);
    const picked = await pickSession(connection, folder, owner, context.isOn("new-session"));
    let isKept = !picked.isNew;
    try {
      const promised = promisedFunding(picked.book, picked.money, Math.floor(Date.now() / 1_000));
      const missing = limits.budget + promised - picked.money.balance;
      const plan: WatchPlan = { request, limits, stream, accepted, picked, missing: missing > 0n ? missing : 0n };
      if (context.isOn("dry-run")) return describePlan(plan, connection);
      if (plan.missing > 0n) {
        await assertTokens(connection, owner, plan.missing);
        for (const line of describePlan(plan, connection).lines) context.output.say(line);
        if (!context.isOn("yes")) await askConfirmation("Put the tokens into the session's account?");
        const { account } = await openKey(context, "wallet");
        writeSession(folder, picked.session);
        isKept = true;
        const { config, output } = context;
        await openAccount(connection.walletOf(account), {
          ...{ deployment: connection.deployment, signer: picked.signer, amount: plan.missing },
          ...{ type: config.get("chain.transactions"), confirmations: config.require("chain.confirmations") },
          onHash(hash) {
            output.say(`deposit: sent as ${hash}`);
            output.progress("waiting until it is mined");
          },
        });
      }
      return await play(context, connection, plan);
    } finally {
      picked.store.close();
      if (!isKept) removeSession(folder, picked.session.id);
    }
  },
};

/** What was asked for on the command line. */
interface WatchRequest {
  readonly url: URL;
  readonly publisher: Address;
  readonly name: string | undefined;
  readonly manifest: string | undefined;
  /** Absolute. */
  readonly out: string | undefined;
}

/** In base units. */
interface Limits {
  readonly maxPricePerGiB: bigint;
  readonly budget: bigint;
  readonly minStake: bigint;
}

interface WatchPlan {
  readonly request: WatchRequest;
  readonly limits: Limits;
  readonly stream: FoundStream;
  readonly accepted: readonly AcceptedRelay[];
  readonly picked: PickedSession;
  /** What the account lacks for the budget. */
  readonly missing: bigint;
}

function readRequest({ args, config, cwd, option }: CommandContext): WatchRequest {
  const typed = option("out");
  const out = typed === undefined ? undefined : resolve(cwd, typed);
  if (out !== undefined && existsSync(out)) {
    throw new CliError("usage", `${String(typed)} is there already`, "Choose another file, or move that one away.");
  }
  const url = parseStreamUrl(args[0] ?? "");
  if (!/\.m3u8$/i.test(url.pathname)) {
    throw new CliError("usage", `${url.href} is no HLS playlist`, "Name the one that ends in .m3u8.");
  }
  return {
    url,
    publisher: config.require("viewer.publisher"),
    name: option("name"),
    manifest: option("manifest"),
    out,
  };
}

function limitsOf({ config, option }: CommandContext, { deployment }: ChainConnection): Limits {
  const maxPricePerGiB = parseTokens(config.require("viewer.maxPricePerGiB"), deployment, "viewer.maxPricePerGiB");
  if (maxPricePerGiB === 0n) {
    const cure = `Correct it where it comes from: ${config.sourceOf("viewer.maxPricePerGiB")}.`;
    throw new CliError("configuration", "viewer.maxPricePerGiB must be above zero", cure);
  }
  const budget = parseTokens(config.require("viewer.budget"), deployment, "viewer.budget");
  return { maxPricePerGiB, budget, minStake: parseTokens(option("min-stake") ?? "0", deployment, "--min-stake") };
}

/** Origins of relays: the playlist's, those that were typed, those of the registry. */
async function relaysOf(
  { isOn, option, output }: CommandContext,
  { client, deployment }: ChainConnection,
  url: URL,
  { maxPricePerGiB, minStake }: Limits,
): Promise<string[]> {
  const typed = (option("relays") ?? "").split(",").filter((part) => part !== "");
  const origins = typed.map((part) => {
    const origin = relayOrigin(part.trim());
    if (origin !== undefined) return origin;
    throw new CliError(
      "usage",
      `--relays: ${part} is no origin`,
      "An origin is https://relay.example, without a path.",
    );
  });
  if (!isOn("find")) return [...new Set([url.origin, ...origins])];
  const region = option("region");
  const found = await findRelays(client, {
    ...{ deployment, maxPricePerGiB },
    ...(minStake > 0n ? { minStake } : {}),
    ...(region === undefined ? {} : { region }),
  });
  output.say(`the registry lists ${found.length} relays that fit`);
  return [...new Set([url.origin, ...origins, ...found.map(({ origin }) => origin)])];
}

function describePlan({ accepted, limits, missing, picked, stream }: WatchPlan, chain: ChainConnection): CommandResult {
  const { deployment } = chain;
  const { name, publisher, sequence } = stream.manifest;
  const { id } = picked.session;
  return {
    json: {
      ...{ dryRun: true, publisher, name, sequence, session: id, newSession: picked.isNew },
      ...{ budget: tokensOf(limits.budget, deployment), deposit: tokensOf(missing, deployment) },
      relays: accepted.map(({ origin, terms }) => ({
        origin,
        pricePerGiB: tokensOf(terms.pricePerGiB, deployment),
      })),
    },
    lines: columns([
      ["stream", `${name}, number ${String(sequence)}, signed by ${publisher}`],
      ...accepted.map(
        ({ origin, terms }) => ["relay", `${origin}, ${showTokens(terms.pricePerGiB, deployment)}/GiB`] as const,
      ),
      ["session", picked.isNew ? `${id}, new` : id],
      ["budget", showTokens(limits.budget, deployment)],
      ["to deposit", showTokens(missing, deployment)],
    ]),
  };
}

async function play(context: CommandContext, connection: ChainConnection, plan: WatchPlan): Promise<CommandResult> {
  const { isOn, option } = context;
  const { client, deployment } = connection;
  const { accepted, limits, picked, request, stream } = plan;
  const { signer, store } = picked;
  const { manifest, path } = stream;
  const before = costSoFar(picked.book);
  const stop = new AbortController();
  const viewer = createViewer({
    ...{ deployment, signer, store, publisher: request.publisher, name: manifest.name },
    manifest: new URL(path, request.url).href,
    relays: accepted.map(({ origin }) => origin),
    maxPricePerGiB: limits.maxPricePerGiB,
    // What earlier watching cost counts against the budget of a session key; this is the part of it that is for now.
    budget: before + limits.budget,
    minStake: limits.minStake,
    policy: { fundBytes: fundBytesOf(limits.budget, limits.maxPricePerGiB) },
    chain: viewerChain(client, deployment),
  });
  const file = mediaFile(request.out);
  const startedAt = performance.now();
  const playing = playStream({
    ...{ fetch: async (reference, options) => viewer.fetch(reference, options), url: request.url },
    ...{ variant: option("variant"), realtime: isOn("realtime"), signal: stop.signal },
    ...{ write: file.write, takesEncrypted: request.out === undefined },
  });
  const reading = (): Reading => ({
    ...{ deployment, name: manifest.name, play: playing.state, status: viewer.status(), budget: limits.budget },
    elapsedSeconds: (performance.now() - startedAt) / 1_000,
  });
  const endMeter = showMeter(context, reading);
  const outcome = await Promise.race([outcomeOf(playing), stopSignal()]);
  stop.abort(new DOMException("stopped", "AbortError"));
  endMeter();
  file.close();
  const status = await viewer.close();
  // Told apart from what failed: what is owed was paid first.
  if (typeof outcome === "object") {
    if (playing.state.segments > 0) for (const line of meterLines(reading())) context.output.say(line);
    throw outcome.error;
  }
  const spent = costSoFar(await readBook({ deployment, signer, store })) - before;
  const { missed, seconds, segments, variant } = playing.state;
  const relays = status.relays.map(({ origin, pricePerGiB, problem, refusedBytes, share, verifiedBytes }) => ({
    ...{ origin, verifiedBytes, refusedBytes, share, problem },
    pricePerGiB: pricePerGiB === undefined ? undefined : tokensOf(pricePerGiB, deployment),
  }));
  const verdict = outcome === "ended" ? "played to the end" : `stopped by ${outcome}`;
  return {
    json: {
      ...{ outcome: outcome === "ended" ? "ended" : "stopped", publisher: manifest.publisher, name: manifest.name },
      ...{ session: picked.session.id, variant, segments, missed, seconds, files: file.names },
      ...{ verifiedBytes: status.verifiedBytes, refusedBytes: status.refusedBytes },
      ...{ spent: tokensOf(spent, deployment), budget: tokensOf(limits.budget, deployment), relays },
    },
    lines: [
      ...columns([
        [
          manifest.name,
          `${verdict}, ${segments} segments, ${Math.floor(seconds)} s${missed > 0 ? `, ${missed} missed` : ""}`,
        ],
        ["verified", showBytes(status.verifiedBytes)],
        ["refused", showBytes(status.refusedBytes)],
        ["spent", `${showTokens(spent, deployment)} of ${showTokens(limits.budget, deployment)}`],
        ...file.names.map((name) => ["written", name] as const),
        ["session", picked.session.id],
      ]),
      ...meterLines(reading()).slice(2),
      "The rest of the deposit comes back with: weir sessions close",
    ],
  };
}

/** `ended`, or what stood in the way. */
async function outcomeOf({ finished }: Playing): Promise<"ended" | { readonly error: unknown }> {
  try {
    await finished;
    return "ended";
  } catch (error) {
    return { error };
  }
}

/** @returns a function that ends it */
function showMeter({ output }: CommandContext, reading: () => Reading): () => void {
  const drawing = setInterval(() => {
    output.progress(...meterLines(reading()));
  }, METER_MS);
  const logging = process.stderr.isTTY
    ? undefined
    : setInterval(() => {
        output.say(meterLine(reading()));
      }, LOG_METER_MS);
  return () => {
    clearInterval(drawing);
    clearInterval(logging);
  };
}

/** Where media is written: `film.mp4`, with sound that is kept apart in `film.audio.mp4`. */
interface MediaFile {
  readonly names: readonly string[];
  readonly write: (track: Track, bytes: Uint8Array) => void;
  readonly close: () => void;
}

function mediaFile(out: string | undefined): MediaFile {
  const open = new Map<Track, number>();
  const names: string[] = [];
  let isClosed = false;
  const descriptorOf = (track: Track, path: string): number => {
    const known = open.get(track);
    if (known !== undefined) return known;
    const extension = extname(path);
    const name = track === "main" ? path : `${path.slice(0, path.length - extension.length)}.audio${extension}`;
    const descriptor = openSync(name, "wx");
    open.set(track, descriptor);
    names.push(name);
    return descriptor;
  };
  return {
    names,
    write(track, bytes) {
      if (out === undefined || isClosed) return;
      const descriptor = descriptorOf(track, out);
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    },
    close() {
      isClosed = true;
      for (const descriptor of open.values()) closeSync(descriptor);
    },
  };
}
