import { readAccount } from "../../chain/paymentChannels/readAccount.ts";
import { readChannel } from "../../chain/paymentChannels/readChannel.ts";
import type { Hex } from "../../core/hex.ts";
import { WeirError } from "../../core/weirError.ts";
import { readBook } from "../channelBook.ts";
import type { StoredBook } from "../channelBook.ts";
import { createViewer } from "../createViewer.ts";
import type { Viewer } from "../createViewer.ts";
import { fundBytesOf } from "../fundBytes.ts";
import { viewerChain } from "../viewerChain.ts";
import { askLeaves } from "./askLeave.ts";
import { awaitClosings } from "./awaitClosings.ts";
import { planClose } from "./closePlan.ts";
import type { AccountToClose, ClosePlan } from "./closePlan.ts";
import { emptyAccounts, timeOf } from "./emptyAccounts.ts";
import { costOf, openLedger } from "./fundingLedger.ts";
import type { TabLedger } from "./fundingLedger.ts";
import { indexedDbStore } from "./indexedDbStore.ts";
import { openSessionKey } from "./sessionKey.ts";
import { checkedLimits, lowerLimits } from "./sessionLimits.ts";
import type { SessionLimits } from "./sessionLimits.ts";
import { readSessionMoney } from "./sessionMoney.ts";
import { confirmLimits, currentRecord, fillAccount } from "./sessionParts.ts";
import type { SessionParts } from "./sessionParts.ts";
import { keptSlots, removeSession, slotPlace } from "./sessionRecord.ts";
import type { SessionRecord } from "./sessionRecord.ts";
import { claimSlot, forgetSlot, oneAtATime, withAllSlots } from "./tabSlot.ts";
import type { SessionStream, ViewerSession } from "./viewerSession.ts";

/** How long closing waits for other tabs to pay what they owe and leave. */
const LEAVE_MS = 15_000;

/** What tabs of a session tell each other. */
const CLOSING = "closing";

/** A session as this tab has it: with a slot, and so channels, of its own. */
export async function tabSession(
  parts: SessionParts,
  record: SessionRecord,
  asked: SessionLimits,
): Promise<ViewerSession> {
  const { client, database, fetch, id, locks, options, wallet } = parts;
  const { deployment } = options;
  const signer = await openSessionKey(record.key, id);
  const slot = await claimSlot(locks, id);
  let limits = lowerLimits(record.limits, asked);
  const ledger = await openLedger({
    ...{ database, session: id, held: slot.held, now: () => Date.now() },
    async limits() {
      const kept = await currentRecord(parts);
      return { ...lowerLimits(kept.limits, limits), deposited: kept.deposited };
    },
  });
  const store = indexedDbStore(database, slotPlace(id, slot.number), slot.held);
  const channel = new BroadcastChannel(`weir/${id}`);
  let playing: Viewer | undefined;
  let closing: Promise<unknown> = Promise.resolve();
  let left: Promise<void> | undefined;

  await reconcile(parts, ledger);

  function assertHere(): void {
    if (slot.held.aborted) throw slot.held.reason as WeirError;
  }

  function viewerOf(stream: SessionStream): Viewer {
    const { maxPricePerGiB = limits.maxPricePerGiB, policy, relays = options.relays, ...rest } = stream;
    const most = limits.budgetPerHour ?? limits.budget;
    const { budget } = limits;
    const viewer = createViewer({
      ...{ fetch, ...rest, deployment, signer, store, ledger, budget, relays },
      maxPricePerGiB: maxPricePerGiB < limits.maxPricePerGiB ? maxPricePerGiB : limits.maxPricePerGiB,
      policy: { fundBytes: fundBytesOf(most < budget ? most : budget, limits.maxPricePerGiB), ...policy },
      chain: viewerChain(client, deployment),
    });
    const close = async (): ReturnType<Viewer["close"]> => {
      const done = viewer.close();
      closing = done;
      if (playing === session) playing = undefined;
      return done;
    };
    const session = { ...viewer, close };
    return session;
  }

  async function leave(): Promise<void> {
    left ??= (async () => {
      channel.close();
      await playing?.close();
      await closing;
      await slot.release();
      forgetSlot(id);
    })();
    return left;
  }

  /** The account, with what all tabs remember of its channels. */
  async function account(): Promise<AccountToClose> {
    const pages: StoredBook["pages"][number][] = [];
    for (const number of await keptSlots(database, id)) {
      const kept = indexedDbStore(database, slotPlace(id, number));
      pages.push(...(await readBook({ deployment, signer, store: kept })).pages);
    }
    const money = await readSessionMoney(client, deployment, record.signer, record.since);
    return { signer: record.signer, money, book: { spent: 0n, pages }, leaves: new Map() };
  }

  /**
   * The account, with what relays agree to. For the others' channels the plan says how long they take.
   *
   * @param waited channels that were waited for before
   */
  async function agreedAccount(waited: Set<Hex>): Promise<readonly AccountToClose[]> {
    const known = await account();
    const own: Hex[] = [];
    const leaves = await askLeaves(known.book, known.money, {
      ...{ deployment, signer, client, fetch },
      onRefusal(id, { code }) {
        if (code === "channel-closed" && !waited.has(id)) own.push(id);
      },
    });
    if (own.length === 0) return [{ ...known, leaves }];
    // Asking the chain to close what is being closed would cost gas and bring nothing sooner.
    for (const id of own) waited.add(id);
    await awaitClosings(client, deployment, own);
    return agreedAccount(waited);
  }

  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === CLOSING) void leave();
  };
  // A tab that goes away while it plays pays what it can; the slot is free as soon as the browser has ended it.
  slot.held.addEventListener("abort", () => {
    void playing?.close();
  });

  return {
    owner: record.owner,
    signer,
    get limits() {
      return limits;
    },
    ended: slot.held,
    async viewer(stream) {
      assertHere();
      await closing;
      assertHere();
      if (playing !== undefined) throw new WeirError("session-in-use", "close the viewer of this tab before the next");
      playing = viewerOf(stream);
      return playing;
    },
    async balance() {
      const [{ balance: free }, { lastHour, page }, kept] = await Promise.all([
        readAccount(client, { deployment, signer: record.signer }),
        ledger.state(),
        currentRecord(parts),
      ]);
      const { budget, budgetPerHour } = lowerLimits(kept.limits, limits);
      const most = budget < kept.deposited ? budget : kept.deposited;
      return {
        ...{ free, reserved: costOf({ ...page, spent: 0n }), spent: page.spent },
        left: atLeastZero(most - costOf(page)),
        leftThisHour: budgetPerHour === undefined ? undefined : atLeastZero(budgetPerHour - lastHour),
      };
    },
    async topUp(amount) {
      assertHere();
      await oneAtATime(locks, id, "opening", async () => {
        const kept = await currentRecord(parts);
        // One from before is brought to its end first: it is another one.
        const settled = kept.pending === undefined ? kept : await fillAccount(parts, kept, amount);
        await fillAccount(parts, settled, amount);
      });
    },
    async raiseLimits(higher) {
      assertHere();
      limits = (await confirmLimits(parts, checkedLimits(higher))).limits;
    },
    leave,
    async planClose(): Promise<ClosePlan> {
      return planClose(deployment, record.owner, [await account()], await timeOf(client));
    },
    async close() {
      channel.postMessage(CLOSING);
      await leave();
      return withAllSlots(locks, id, LEAVE_MS, async () => {
        await currentRecord(parts);
        const waited = new Set<Hex>();
        const emptied = await emptyAccounts(wallet, client, deployment, async () => agreedAccount(waited));
        if (emptied.done) await removeSession(database, id);
        return emptied;
      });
    },
  };
}

/** Frees what channels hold of the budget that the chain says are closed, also those of tabs that are gone. */
async function reconcile({ client, options }: SessionParts, ledger: TabLedger): Promise<void> {
  const { deployment } = options;
  await ledger.reconcile(async (channel) => {
    const { closed, deposit } = await readChannel(client, { deployment, channel });
    // What a closed channel still has as its deposit is what it cost.
    return closed ? deposit : undefined;
  });
}

function atLeastZero(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}
