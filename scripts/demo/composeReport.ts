import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Address, Manifest } from "../../sdk/core/index.ts";
import { isSameAddress, owed } from "../../sdk/core/index.ts";
import type { LocalDeployment } from "../local/localDeployment.ts";
import type { Cast } from "./cast.ts";
import type { ClosedChannel } from "./closedChannels.ts";
import { costRows } from "./costs.ts";
import type { CostAssumptions } from "./costs.ts";
import type { Distribution, StakingOutcome } from "./delegation.ts";
import type { Check, DemoReport, RelayReport, ViewerReport } from "./demoReport.ts";
import { readGasLedger } from "./gasLedger.ts";
import type { GasRow } from "./gasLedger.ts";
import { digestOf } from "./player.ts";
import type { RunningRelay } from "./relays.ts";
import type { Slash } from "./reporters.ts";
import { readTokenLedger } from "./tokenLedger.ts";
import type { TokenLedger } from "./tokenLedger.ts";
import type { Watching } from "./viewers.ts";
import type { Withdrawn } from "./withdrawAll.ts";

/** Everything that a run left behind. */
export interface Outcome {
  readonly local: LocalDeployment;
  readonly cast: Cast;
  readonly relays: readonly RunningRelay[];
  readonly watchings: readonly Watching[];
  readonly channels: readonly ClosedChannel[];
  readonly withdrawn: Withdrawn;
  /** Base units that the viewers paid in. */
  readonly deposited: bigint;
  readonly reported: readonly Slash[];
  readonly staking: StakingOutcome;
  readonly washTradingProfit: bigint;
  readonly manifest: Manifest;
  /** The folder with the published stream. */
  readonly folder: string;
  readonly pricePerGiB: bigint;
  readonly assumptions: CostAssumptions;
  readonly seconds: number;
}

/** Adds everything up from what viewers saw and what the chain says, and checks one against the other. */
export async function composeReport(outcome: Outcome): Promise<DemoReport> {
  const { local, cast, relays, watchings, channels, manifest } = outcome;
  const { reported, staking, washTradingProfit } = outcome;
  const { publicClient: client, deployment } = local;
  const viewers = watchings.map((watching) => viewerReport(watching, outcome));
  const relayRows = relays.map((relay) => relayReport(relay, outcome));
  const agents = relays.map(({ part }) => part.agent.address);
  const rows = await readGasLedger(client, deployment, agents);
  const tokens = await readTokenLedger(client, deployment, [
    ...cast.viewers.map(({ name, owner }) => ({ place: name, address: owner.address })),
    ...relays.map(({ part }) => ({
      place: `relay ${part.name}`,
      address: part.beneficiary ?? part.operator.address,
    })),
    { place: "delegator", address: cast.delegator.address },
    { place: "who paid himself", address: cast.washTrader.viewer.owner.address },
    { place: "his operator", address: cast.washTrader.operator.operator.address },
    { place: "escrow", address: deployment.paymentChannels.address },
    { place: "slashed, for nobody", address: deployment.stakeManager.address },
    { place: "fees, for nobody", address: deployment.rewardsDistributor.address },
  ]);
  const gasPerChannel = Number(channelGas(rows)) / Math.max(1, channels.length);
  const verified = sum(viewers, ({ verifiedBytes }) => verifiedBytes);
  const paid = channels.reduce((total, { settledBytes }) => total + settledBytes, 0n);
  const beyond = paid - BigInt(verified);
  const bytes = {
    verified,
    paid,
    bad: sum(relayRows, ({ corruptedBytes }) => corruptedBytes),
    badPaid: beyond > 0n ? beyond : 0n,
  };
  const checks = [
    ...(await playbackChecks(outcome, viewers)),
    ...paymentChecks(outcome, relayRows, bytes),
    ...tokenChecks(tokens, outcome),
    ...stakeChecks(outcome),
  ];
  return {
    stream: {
      name: manifest.name,
      renditions: new Set(manifest.leaves.flatMap(({ path: file }) => /^\d+p(?=\/)/.exec(file) ?? [])).size,
      resources: manifest.leaves.length,
      videoSeconds: watchings[0]?.playback.videoSeconds ?? 0,
    },
    viewers,
    relays: relayRows,
    bytes,
    gas: { rows, channels: channels.length, perChannel: gasPerChannel },
    cost: { assumptions: outcome.assumptions, rows: costRows(gasPerChannel, outcome.assumptions) },
    tokens,
    slashed: sumOf(reported, ({ own, delegated }) => own + delegated),
    reporterCuts: sumOf(reported, ({ reporterCut }) => reporterCut),
    ...ofRelays(outcome),
    delegatorGain: staking.delegatorGain,
    washTradingProfit,
    checks,
    ok: checks.every(({ held }) => held),
    seconds: outcome.seconds,
  };
}

/** Gas that relays paid for channels: funding, settling, closing. */
function channelGas(rows: readonly GasRow[]): bigint {
  return rows.filter(({ calls }) => /fund|settle|close/i.test(calls)).reduce((gas, { byRelays }) => gas + byRelays, 0n);
}

function viewerReport(
  { part, playback, shares, hedged }: Watching,
  { relays, withdrawn, channels, pricePerGiB }: Outcome,
): ViewerReport {
  const { startupMs, stalls, stallSeconds, heights } = playback;
  return {
    name: part.name,
    gasless: part.gasless,
    startupMs,
    stalls,
    stallSeconds,
    heights,
    verifiedBytes: sum([...shares.values()], ({ verified }) => verified),
    refusedBytes: sum([...shares.values()], ({ refused }) => refused),
    hedged,
    spent: channels
      .filter(({ signer }) => isSameAddress(signer, part.signer.address))
      .reduce((spent, { settledBytes }) => spent + owed(settledBytes, pricePerGiB), 0n),
    returned: withdrawn.refunds.get(part.signer.address) ?? 0n,
    relays: relays.map(({ part: { name }, url }) => ({
      relay: name,
      verifiedBytes: shares.get(url)?.verified ?? 0,
      segments: shares.get(url)?.segments ?? 0,
    })),
  };
}

function relayReport({ part, url, corrupted }: RunningRelay, { watchings, channels, withdrawn }: Outcome): RelayReport {
  const shares = watchings.flatMap((watching) => watching.shares.get(url) ?? []);
  const { earned, fees } = earningsOf(withdrawn, part.operator.address);
  return {
    name: part.name,
    behaviour: part.behaviour,
    payee: part.operator.address,
    viewers: shares.filter(({ verified }) => verified > 0).length,
    segments: sum(shares, ({ segments }) => segments),
    verifiedBytes: sum(shares, ({ verified }) => verified),
    corruptedBytes: corrupted().bytes,
    paidBytes: channels
      .filter(({ payee }) => isSameAddress(payee, part.operator.address))
      .reduce((total, { settledBytes }) => total + settledBytes, 0n),
    earned,
    fees,
  };
}

function earningsOf({ earnings }: Withdrawn, payee: Address): { readonly earned: bigint; readonly fees: bigint } {
  return earnings.get(payee) ?? { earned: 0n, fees: 0n };
}

async function playbackChecks({ watchings, folder }: Outcome, viewers: readonly ViewerReport[]): Promise<Check[]> {
  const intact = await Promise.all(
    watchings.map(async ({ playback }) => playback.digest === (await digestOf(playback.played, folderLoader(folder)))),
  );
  const stalled = viewers.filter(({ stalls }) => stalls > 0);
  const refused = sum(viewers, ({ refusedBytes }) => refusedBytes);
  return [
    {
      name: "every viewer played the publisher's bytes to the end",
      held: intact.every(Boolean),
      detail: `${intact.filter(Boolean).length} of ${intact.length}`,
    },
    {
      name: "nobody's picture stood still",
      held: stalled.length === 0,
      detail: `${stalled.length} stalled`,
    },
    {
      name: "the corrupting relay was caught",
      held: refused > 0,
      detail: `${refused} bytes thrown away`,
    },
  ];
}

function folderLoader(folder: string) {
  return async (file: string): Promise<Uint8Array> => readFile(path.join(folder, file));
}

function paymentChecks(
  { watchings, relays, channels }: Outcome,
  rows: readonly RelayReport[],
  bytes: DemoReport["bytes"],
): Check[] {
  const exact = relays.every(({ part, url }) =>
    watchings.every(({ part: viewer, shares }) => {
      const paid = channels
        .filter(
          ({ payee, signer }) =>
            isSameAddress(payee, part.operator.address) && isSameAddress(signer, viewer.signer.address),
        )
        .reduce((total, { settledBytes }) => total + settledBytes, 0n);
      return paid === BigInt(shares.get(url)?.verified ?? 0);
    }),
  );
  return [
    {
      name: "each relay was paid for exactly the bytes that each viewer verified",
      held: exact,
      detail: `${bytes.paid} bytes paid, ${bytes.verified} verified`,
    },
    {
      name: "no bad byte was paid",
      held: bytes.badPaid === 0n,
      detail: `${bytes.bad} bad bytes sent, ${bytes.badPaid} paid`,
    },
    {
      name: "honest work was paid",
      held: rows.every(({ verifiedBytes, earned }) => verifiedBytes > 0 === earned > 0n),
      detail: rows.map(({ name, earned }) => `${name} ${earned > 0n ? "paid" : "not used"}`).join(", "),
    },
  ];
}

function tokenChecks({ places, missing, minted }: TokenLedger, { deposited, local, withdrawn }: Outcome): Check[] {
  const { earnings, refunds } = withdrawn;
  const escrow = places.find(({ place }) => place === "escrow")?.balance ?? -1n;
  const out = [...earnings.values()].reduce((total, { earned, fees }) => total + earned + fees, 0n);
  const back = [...refunds.values()].reduce((total, refund) => total + refund, 0n);
  const fees = [...earnings.values()].reduce((total, row) => total + row.fees, 0n);
  return [
    { name: "every token is accounted for", held: missing === 0n, detail: `${minted} minted, ${missing} missing` },
    { name: "the escrow is empty", held: escrow === 0n, detail: `${escrow} left` },
    {
      name: "what was deposited came out as refunds, earnings and fees",
      held: out + back === deposited,
      detail: `${back} + ${out - fees} + ${fees}, fee ${local.deployment.feeBps / 100}%`,
    },
  ];
}

/** What became of the relays' fees: those of the one who paid himself are not among them. */
function ofRelays({ cast, staking }: Outcome): Distribution {
  const distributions = cast.relays.flatMap(({ operator }) => staking.distributions.get(operator.address) ?? []);
  return { fees: sumOf(distributions, ({ fees }) => fees), rewards: sumOf(distributions, ({ rewards }) => rewards) };
}

function stakeChecks(outcome: Outcome): Check[] {
  const { cast, reported, staking, washTradingProfit } = outcome;
  const { delegatorGain } = staking;
  const { fees, rewards } = ofRelays(outcome);
  const liars = cast.relays.filter(({ behaviour }) => behaviour === "corrupting");
  return [
    {
      name: "whoever signed what is not so was slashed, and nobody else",
      held:
        reported.length === liars.length &&
        liars.every(({ operator }) => reported.some((slash) => isSameAddress(slash.operator, operator.address))),
      detail: reported.map(({ own, reporterCut }) => `${own} lost, ${reporterCut} to the reporter`).join(", "),
    },
    {
      name: "stake earned a part of the fees, and the delegator's shares are worth more",
      held: rewards > 0n && rewards < fees && delegatorGain > 0n,
      detail: `${rewards} of ${fees}, ${delegatorGain} to the delegator`,
    },
    { name: "paying oneself loses", held: washTradingProfit < 0n, detail: `${washTradingProfit} base units` },
  ];
}

function sumOf<Item>(items: readonly Item[], value: (item: Item) => bigint): bigint {
  return items.reduce((total, item) => total + value(item), 0n);
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
