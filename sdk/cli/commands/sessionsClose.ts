import {
  finalizeCloseCall,
  multicallCall,
  multicallSync,
  readAccount,
  requestCloseCall,
  withdrawCall,
  withdrawSync,
} from "../../chain/index.ts";
import { isSameAddress } from "../../core/index.ts";
import { CliError } from "../cliError.ts";
import { sendOptions } from "../commandSpec.ts";
import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { chainSettings, showTokens, tokensOf } from "../connect.ts";
import { chainTime, showTime } from "../operator.ts";
import { transact } from "../transact.ts";
import type { Plan, Sending, Step } from "../transact.ts";
import { removeSession, sessionFolder } from "../watch/sessionFiles.ts";
import { isOver, listSessions } from "../watch/sessionList.ts";
import type { ListedSession } from "../watch/sessionList.ts";
import type { OpenChannel } from "../../viewer/wallet/sessionMoney.ts";

/** `weir sessions close` */
export const sessionsClose: CommandSpec = {
  description:
    "Asks to close the channels of a session, closes those whose grace period is over, and withdraws what is free to the " +
    "wallet. Relays settle what they are owed in the meantime; one that is done closes by itself, sooner. Run it again for " +
    "the rest: it goes on from what the chain says, and forgets a session once nothing of it is left. What you owe for " +
    "verified bytes, by funding that a relay has not posted yet, stays until that funding runs out, within an hour.",
  settings: [
    ...chainSettings,
    "chain.transactions",
    "chain.confirmations",
    "wallet.keystore",
    "wallet.passwordFile",
    "viewer.state",
  ],
  options: [
    { flag: "all", about: "every session of the wallet that no viewer uses" },
    { flag: "scan", about: "also accounts of the wallet on the chain whose session keys are lost" },
    ...sendOptions,
  ],
  examples: [
    ["weir sessions close --all --dry-run", "what would come back?"],
    ["weir sessions close 0x3f2a --yes --json", "one of them, for a script"],
  ],
  async run(context) {
    return transact(context, async (sending) => {
      const folder = sessionFolder(context);
      const scanned = context.isOn("scan") ? sending.sender : undefined;
      const sessions = choose(context, sending, await listSessions(sending, folder, scanned));
      return closePlan(context, sending, sessions, async () => listSessions(sending, folder, scanned));
    });
  },
};

/** @throws CliError `usage` if it is not clear which */
function choose(
  { args, isOn }: CommandContext,
  { sender }: Sending,
  sessions: readonly ListedSession[],
): readonly ListedSession[] {
  const [typed] = args;
  const own = sessions.filter(({ owner }) => isSameAddress(owner, sender));
  if (isOn("all")) return own.filter(({ inUse }) => !inUse);
  const found = own.filter(({ id }) => id.toLowerCase().startsWith((typed ?? "").toLowerCase()));
  const [session] = found;
  if (typed === undefined && session === undefined) return [];
  if (session === undefined) {
    throw new CliError("usage", `the wallet has no session ${String(typed)}`, "weir sessions ls lists all there are.");
  }
  if (found.length > 1) {
    throw new CliError("usage", `${found.length} sessions fit`, "Name one, or add --all; weir sessions ls lists them.");
  }
  if (session.inUse) {
    throw new CliError("failed", `a viewer is at work with ${session.id}`, "Stop it first; then repeat this.");
  }
  return [session];
}

async function closePlan(
  context: CommandContext,
  sending: Sending,
  sessions: readonly ListedSession[],
  list: () => Promise<readonly ListedSession[]>,
): Promise<Plan> {
  const { deployment } = sending;
  const folder = sessionFolder(context);
  const now = await chainTime(sending);
  const steps = sessions.flatMap((session) => stepsOf(session, sending, now));
  const waiting = sessions.flatMap(({ money }) => money.open).filter(({ closableAt }) => closableAt > now);
  const held = sessions.filter(({ claims }) => claims.held > 0n);
  return {
    steps,
    facts: [
      ...waiting.map(
        (channel) =>
          ["waits", `${showTokens(left(channel), deployment)} until ${showTime(channel.closableAt)}`] as const,
      ),
      ...held.map(
        ({ claims }) =>
          ["kept for relays", `${showTokens(claims.held, deployment)} until ${showTime(claims.heldUntil)}`] as const,
      ),
    ],
    async outcome(events) {
      const withdrawn = events.reduce(
        (sum, event) => sum + (event.eventName === "Withdrawn" ? event.args.amount : 0n),
        0n,
      );
      const touched = (await list()).filter(({ id }) => sessions.some((session) => isSameAddress(session.id, id)));
      const over = touched.filter(isOver);
      for (const { id } of over) removeSession(folder, id);
      const open = touched.flatMap(({ money }) => money.open);
      const moments = [
        ...open.map(({ closableAt }) => closableAt),
        ...touched.flatMap(({ claims }) => (claims.held > 0n ? [claims.heldUntil] : [])),
      ].filter((moment) => moment > 0);
      const again = moments.length === 0 ? undefined : showTime(Math.min(...moments));
      if (again !== undefined) context.output.say(`run this again after ${again} for the rest`);
      return {
        ...{ withdrawn: tokensOf(withdrawn, deployment), forgotten: over.length, openChannels: open.length },
        ...(again === undefined ? {} : { again }),
      };
    },
  };
}

/** What a channel returns at most. */
function left({ deposit, settled }: OpenChannel): bigint {
  return deposit - settled;
}

function stepsOf({ free, id, money }: ListedSession, { client, deployment, sender }: Sending, now: number): Step[] {
  const fresh = money.open.filter(({ closableAt }) => closableAt === 0);
  const ripe = money.open.filter(({ closableAt }) => closableAt !== 0 && closableAt <= now);
  const calls = [
    ...fresh.map(({ channel }) => requestCloseCall({ deployment, channel })),
    ...ripe.map(({ channel }) => finalizeCloseCall({ deployment, channel })),
  ];
  const steps: Step[] = [];
  if (calls.length > 0) {
    const parts = [
      ...(fresh.length > 0 ? [`ask to close ${fresh.length}`] : []),
      ...(ripe.length > 0 ? [`close ${ripe.length}`] : []),
    ];
    const options = { deployment, calls };
    steps.push({
      title: `${parts.join(" and ")} of the channels of ${id}`,
      call: multicallCall(options),
      send: async (wallet, more) => multicallSync(wallet, { ...options, ...more }),
    });
  }
  const amount = ripe.reduce((sum, channel) => sum + left(channel), free);
  if (amount > 0n) {
    const withdrawal = { deployment, signer: id, to: sender };
    const kept = money.balance - free;
    steps.push({
      title: `withdraw ${showTokens(amount, deployment)}`,
      call: withdrawCall({ ...withdrawal, amount }),
      async send(wallet, more) {
        // A relay may have settled, or closed, since this was planned.
        const { balance } = await readAccount(client, { deployment, signer: id });
        return withdrawSync(wallet, { ...withdrawal, amount: balance > kept ? balance - kept : 0n, ...more });
      },
    });
  }
  return steps;
}
