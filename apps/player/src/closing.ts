import type { EmptiedAccounts, ViewerSession } from "weir/viewer/wallet";
import { byId, element, setText, showFacts } from "../../../sdk/admin/page/dom.ts";
import { hash, moment } from "../../../sdk/admin/page/format.ts";
import { tokens } from "./amounts.ts";
import { say } from "./notices.ts";
import type { PlayerConfig } from "./playerConfig.ts";
import { stepsIn } from "./steps.ts";
import { fill } from "./throwawayWallet.ts";
import type { ConnectedWallet } from "./wallets.ts";

/** What is closed, and for whom. */
export interface ClosingOptions {
  readonly config: PlayerConfig;
  readonly session: ViewerSession;
  readonly wallet: ConnectedWallet;
  /** Token base units that the wallet put into the session. */
  readonly deposited: bigint;
  /** Token base units that came back from it before. */
  readonly returned: bigint;
}

/**
 * Closes a session and shows what comes back, now and later.
 *
 * @returns token base units that came back, all in all, if something is still to come; else undefined
 * @throws WeirError as `ViewerSession.close`
 */
export async function closeSession(options: ClosingOptions): Promise<bigint | undefined> {
  const { config, session, wallet } = options;
  const steps = stepsIn("over-steps");
  byId("over-facts").replaceChildren();
  byId("again").hidden = true;
  byId("close-again").hidden = true;
  setText("over-title", "Closing the session");
  setText("over-text", "Relays are paid for what was verified. Everything else goes back to the wallet.");
  setText("over-later", "");
  byId("over-title").focus();
  const asks = wallet.isThrowaway ? "; the faucet gives coin for it" : "; the wallet asks for one confirmation";
  steps.begin(`Paying relays for what was verified, and taking the rest back${asks}`);
  if (wallet.isThrowaway && config.faucet !== undefined) await fill(config.faucet, wallet.address, "coin");
  const emptied = await session.close();
  steps.done();
  const returned = options.returned + emptied.withdrawn;
  showOutcome(emptied, { ...options, returned });
  return emptied.done ? undefined : returned;
}

function showOutcome({ done, plan }: EmptiedAccounts, options: ClosingOptions): void {
  const { config, deposited, returned, wallet } = options;
  const { token } = config.deployment;
  setText("over-title", done ? "Closed. Everything left is back." : "Closed. A part of it comes back later.");
  setText("over-text", "");
  showFacts("over-facts", [
    ["Put into the session", tokens(deposited, token)],
    ["Back in the wallet", tokens(returned, token)],
    ...(done ? [["Paid to relays", tokens(deposited - returned, token)] as const] : []),
    ...plan.later.map(({ amount, at, payee }) => {
      const from = element("span", {}, "Later, from ", hash(payee));
      return [from, element("span", {}, tokens(amount, token), " after ", moment(at))] as const;
    }),
    ...(plan.held > 0n ? [["Kept until relays draw it, or may no longer", tokens(plan.held, token)] as const] : []),
    ["Wallet", hash(wallet.address)],
  ]);
  const later =
    "Relays were asked to let go of the rest, and usually do within seconds. After the time that is named it comes back in any case.";
  setText("over-later", done ? "The session's key is forgotten." : later);
  byId("again").hidden = false;
  byId("close-again").hidden = done;
  byId("over-title").focus();
  say(done ? "The session is closed and everything left is back in the wallet." : "The session is closed.");
}
