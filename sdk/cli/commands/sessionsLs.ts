import type { CommandSpec } from "../commandSpec.ts";
import { chainSettings, connect, showTokens, tokensOf } from "../connect.ts";
import { addressOfKey } from "../keys.ts";
import { showTime } from "../operator.ts";
import { columns } from "../output.ts";
import { sessionFolder } from "../watch/sessionFiles.ts";
import { listSessions } from "../watch/sessionList.ts";

/** `weir sessions ls` */
export const sessionsLs: CommandSpec = {
  description:
    "Lists the sessions that weir watch opened on this machine: what is free in each account, what channels hold and relays " +
    "are still owed, and from when on the rest can come back. With --scan it also finds every account that the wallet ever " +
    "opened on this deployment, even where the session key is lost: the wallet alone gets the money back.",
  settings: [...chainSettings, "wallet.keystore", "wallet.passwordFile", "viewer.state"],
  options: [{ flag: "scan", about: "also look for accounts of the wallet on the chain, from the deployment on" }],
  examples: [
    ["weir sessions ls", "what is where?"],
    ["weir sessions ls --scan --json", "the same with accounts whose keys are lost, for a script"],
  ],
  async run(context) {
    const connection = await connect(context);
    const { deployment } = connection;
    const wallet = context.isOn("scan") ? await addressOfKey(context, "wallet") : undefined;
    const sessions = await listSessions(connection, sessionFolder(context), wallet);
    const tokens = (amount: bigint): string => tokensOf(amount, deployment);
    const show = (amount: bigint): string => showTokens(amount, deployment);
    return {
      json: {
        sessions: sessions.map(({ claims, createdAt, free, id, inUse, later, money, owner }) => ({
          ...{ id, owner, created: createdAt === undefined ? undefined : showTime(createdAt), inUse },
          ...{ balance: tokens(money.balance), settled: tokens(money.settled), owed: tokens(claims.owed) },
          ...{ free: tokens(free), later: tokens(later), closedChannels: money.closed.length },
          ...(claims.held === 0n ? {} : { held: tokens(claims.held), heldUntil: showTime(claims.heldUntil) }),
          channels: money.open.map(({ channel, closableAt, deposit, id: channelId, settled }) => ({
            ...{ id: channelId, payee: channel.payee, pricePerGiB: tokens(channel.pricePerGiB) },
            ...{ deposit: tokens(deposit), settled: tokens(settled), gracePeriod: channel.gracePeriod },
            closableAt: closableAt === 0 ? undefined : showTime(closableAt),
          })),
        })),
      },
      lines:
        sessions.length === 0
          ? ["there are no sessions with this deployment"]
          : sessions.flatMap(({ claims, createdAt, free, id, inUse, later, money }) => [
              `${id}${inUse ? ", in use" : createdAt === undefined ? ", its key is not here" : `, of ${showTime(createdAt)}`}`,
              ...columns([
                ["  settled", show(money.settled)],
                ["  owed to relays", show(claims.owed)],
                ["  comes back now", show(free)],
                ["  comes back later", show(later)],
                ...(claims.held === 0n
                  ? []
                  : [["  kept for relays", `${show(claims.held)} until ${showTime(claims.heldUntil)}`] as const]),
                ...money.open.map(({ channel, closableAt, deposit }) => {
                  const when = closableAt === 0 ? "open" : `closable from ${showTime(closableAt)}`;
                  return [`  channel`, `${show(deposit)} for ${channel.payee}, ${when}`] as const;
                }),
              ]),
            ]),
    };
  },
};
