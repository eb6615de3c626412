import { checksumAddress } from "../core/index.ts";
import { publishLive } from "../publisher/node/index.ts";
import type { LiveEvent, LiveFault, PublishLiveOptions } from "../publisher/node/index.ts";
import type { CommandContext, CommandResult } from "./commandSpec.ts";
import { columns } from "./output.ts";
import { stopSignal } from "./stopSignal.ts";

/** How a live stream is published from the command line. */
interface FollowOptions extends Omit<PublishLiveOptions, "onEvent" | "signal"> {
  readonly out: string;
}

/** Publishes a live stream until it ends or a signal comes; with `--json`, each event is a line on standard output. */
export async function followEncoder(
  { json, output }: CommandContext,
  folder: string,
  options: FollowOptions,
): Promise<CommandResult> {
  const { name, out, signer } = options;
  const publisher = checksumAddress(signer.address);
  const stop = new AbortController();
  let lists = 0;
  let sequence: bigint | undefined;
  const signal = stopSignal().then((which) => {
    stop.abort();
    return which;
  });
  output.say(`${name} of ${publisher}: following ${folder}, publishing into ${out}`);
  if (json) output.result({ event: "started", publisher, name, folder, out }, []);
  const onEvent = (event: LiveEvent | LiveFault): void => {
    if (event.type === "signed") {
      lists += 1;
      ({ sequence } = event);
      output.progress(`${lists} lists signed, the last with ${event.resources} resources: ${event.added.join(" ")}`);
    } else output.say(lineOf(event));
    if (json) output.result(documentOf(event), []);
  };
  const outcome = await publishLive(folder, { ...options, signal: stop.signal, onEvent });
  const verdict = outcome === "ended" ? "the stream has ended" : `stopped by ${await signal}`;
  return {
    json: { event: outcome, publisher, name, sequence, lists },
    lines: columns([
      ["publisher", publisher],
      ["stream", name],
      ["lists", `${lists} signed; ${verdict}`],
      ["folder", out],
    ]),
  };
}

function lineOf(event: Exclude<LiveEvent, { type: "signed" }> | LiveFault): string {
  if (event.type === "failed") return `trying again: ${event.error.shortMessage}`;
  if (event.type === "released") return `${event.playlist} is in order again`;
  return `${event.playlist} is held back: ${event.error.shortMessage} [${event.error.code}]`;
}

function documentOf(event: LiveEvent | LiveFault): unknown {
  if (event.type === "signed") {
    const { added, notAfter, removed, resources, sequence } = event;
    const validUntil = new Date(Number(notAfter) * 1_000).toISOString();
    return { event: "signed", sequence, resources, added, removed, validUntil };
  }
  if (event.type === "released") return { event: "released", playlist: event.playlist };
  const { code, shortMessage } = event.error;
  const reason = { code, message: shortMessage };
  return event.type === "held"
    ? { event: "held", playlist: event.playlist, ...reason }
    : { event: "failed", ...reason };
}
