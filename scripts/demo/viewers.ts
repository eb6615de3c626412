import { generatePrivateKey } from "viem/accounts";
import { depositWithAuthorizationSync, openAccount, signAuthorization, signSession } from "../../sdk/chain/index.ts";
import type { Address, Deployment } from "../../sdk/core/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import type { Reporter } from "../../sdk/viewer/reporter/index.ts";
import type { LocalDeployment } from "../local/localDeployment.ts";
import type { Cast, ViewerPart } from "./cast.ts";
import { playHls } from "./player.ts";
import type { LoadResource, Playback } from "./player.ts";

/** What is watched, through whom, and for how much. */
export interface ViewerTask {
  readonly deployment: Deployment;
  readonly publisher: Address;
  readonly streamName: string;
  readonly manifest: string;
  readonly relays: readonly string[];
  readonly maxPricePerGiB: bigint;
  /** Token base units in each account, and the most that a viewer may spend. */
  readonly budget: bigint;
  /** Playback speed. */
  readonly speed: number;
  /** Hears what relays sign. */
  readonly reporter?: Reporter | undefined;
}

/** What a viewer got from one relay, and paid it. Bytes. */
export interface RelayShare {
  verified: number;
  segments: number;
  /** Received, found to differ from the manifest, and thrown away. */
  refused: number;
  refusedSegments: number;
  /** Stated in the highest receipt that the relay acknowledged. */
  acknowledged: bigint;
}

/** One viewer's evening. */
export interface Watching {
  readonly part: ViewerPart;
  readonly playback: Playback;
  /** By relay URL. */
  readonly shares: ReadonlyMap<string, RelayShare>;
  /** Segments asked of a second relay because the first was late. */
  readonly hedged: number;
}

/** Puts a viewer's tokens into the account of its session key: by a sponsor if the wallet has no coin for gas. */
export async function openViewerAccount(
  local: LocalDeployment,
  { sponsor }: Cast,
  { owner, signer, gasless }: ViewerPart,
  { deployment, budget }: Pick<ViewerTask, "deployment" | "budget">,
): Promise<void> {
  if (!gasless) {
    await openAccount(local.wallet(owner), { deployment, signer, amount: budget });
    return;
  }
  const { timestamp } = await local.publicClient.getBlock();
  const terms = { deployment, signer: signer.address, owner: owner.address, amount: budget };
  await depositWithAuthorizationSync(local.wallet(sponsor), {
    ...terms,
    session: await signSession(signer, { deployment, owner: owner.address }),
    authorization: await signAuthorization(local.wallet(owner), {
      ...terms,
      salt: generatePrivateKey(),
      validBefore: timestamp + 3_600n,
    }),
  });
}

/** Plays the stream to its end through the SDK, paying on the way, and ends its sessions. */
export async function watch(
  part: ViewerPart,
  task: ViewerTask,
  onProgress: (loaded: number, total: number) => void,
): Promise<Watching> {
  const shares = new Map<string, RelayShare>();
  let hedged = 0;
  const viewer = createViewer({
    deployment: task.deployment,
    signer: part.signer,
    publisher: task.publisher,
    name: task.streamName,
    manifest: task.manifest,
    relays: task.relays,
    maxPricePerGiB: task.maxPricePerGiB,
    budget: task.budget,
    policy: { postBytes: 65_536n, fundBytes: 1_048_576n },
    timing: { patience: 1_000 },
    ...(task.reporter === undefined ? {} : { reporter: task.reporter }),
  });
  const share = (relay: string): RelayShare => {
    const known = shares.get(relay);
    if (known !== undefined) return known;
    const fresh = { verified: 0, segments: 0, refused: 0, refusedSegments: 0, acknowledged: 0n };
    shares.set(relay, fresh);
    return fresh;
  };
  viewer.on((event) => {
    if (event.type === "hedged") hedged += 1;
    if (event.type === "paid") share(event.relay).acknowledged = event.deliveredBytes;
    if (event.type === "verified") {
      share(event.relay).verified += event.bytes;
      share(event.relay).segments += 1;
    }
    if (event.type === "corrupt") {
      share(event.relay).refused += event.bytes;
      share(event.relay).refusedSegments += 1;
    }
  });
  const load: LoadResource = async (path, range, within) => {
    const response = await viewer.fetch(path, { range, within });
    return new Uint8Array(await response.arrayBuffer());
  };
  const playback = await playHls("master.m3u8", load, {
    speed: task.speed,
    startSeconds: 4,
    bufferSeconds: 12,
    onSegment: onProgress,
  });
  await viewer.close();
  return { part, playback, shares, hedged };
}
