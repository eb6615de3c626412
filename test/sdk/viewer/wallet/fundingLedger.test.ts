import { indexedDB } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "../../../../sdk/core/index.ts";
import { openLedger, reserveOn, settleOn } from "../../../../sdk/viewer/wallet/fundingLedger.ts";
import type { LedgerPage, TabLedger } from "../../../../sdk/viewer/wallet/fundingLedger.ts";
import { indexedDbStore } from "../../../../sdk/viewer/wallet/indexedDbStore.ts";
import { openSessionDatabase } from "../../../../sdk/viewer/wallet/sessionDatabase.ts";
import { claimSlot, sessionLocks, withAllSlots } from "../../../../sdk/viewer/wallet/tabSlot.ts";
import type { TabSlot } from "../../../../sdk/viewer/wallet/tabSlot.ts";
import { errorCode } from "../../../helpers/errorCode.ts";
import { eventually } from "../../../helpers/eventually.ts";

const HOUR_MS = 3_600_000;

/** A tab: a place of its own, and a view of the ledger. */
interface Tab {
  readonly slot: TabSlot;
  readonly ledger: TabLedger;
}

type Action =
  | { readonly type: "reserve"; readonly tab: number; readonly channel: number; readonly total: bigint }
  | { readonly type: "reload"; readonly tab: number }
  | { readonly type: "close"; readonly tab: number; readonly channel: number; readonly percent: bigint }
  | { readonly type: "wait"; readonly minutes: number };

const tab = fc.nat(3);
const channel = fc.nat(1);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("reserve"), tab, channel, total: fc.bigInt(0n, 200n) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("reload"), tab }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("close"), tab, channel, percent: fc.bigInt(0n, 100n) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("wait"), minutes: fc.nat(90) }) },
);

describe("The ledger of a session", () => {
  let count = 0;

  it("B1, B2, B3: keeps any interleaving of tabs within budget, deposit and hour, with one writer to a channel", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          budget: fc.bigInt(0n, 400n),
          budgetPerHour: fc.option(fc.bigInt(0n, 200n), { nil: undefined }),
          deposited: fc.bigInt(0n, 400n),
        }),
        fc.array(fc.array(action, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
        async (limits, rounds) => {
          const session = `fuzz ${count++}`;
          const database = await openSessionDatabase(session);
          const locks = sessionLocks();
          let now = 10 * HOUR_MS;
          const openTab = async (): Promise<Tab> => {
            const slot = await claimSlot(locks, session);
            const ledger = await openLedger({
              ...{ database, session, held: slot.held, now: () => now },
              limits: async () => Promise.resolve({ ...limits, maxPricePerGiB: 1n }),
            });
            return { slot, ledger };
          };
          const tabs: Tab[] = [];
          for (let i = 0; i < 4; i++) tabs.push(await openTab());
          /** What tabs could sign for, at its highest, and when it rose. */
          const signed = new Map<Hex, bigint>();
          const rises: { readonly at: number; readonly amount: bigint }[] = [];
          const closed = new Set<Hex>();
          let spent = 0n;
          const idOf = ({ slot }: Tab, number: number): Hex => `0x${slot.number}${number}`;

          const act = async (each: Action): Promise<void> => {
            if (each.type === "wait") {
              now += each.minutes * 60_000;
              return;
            }
            const on = tabs[each.tab] as Tab;
            if (each.type === "reload") {
              await on.slot.release();
              tabs[each.tab] = await openTab();
              return;
            }
            const id = idOf(on, each.channel);
            if (closed.has(id)) return;
            if (each.type === "reserve") {
              const at = now;
              await on.ledger.reserve(id, each.total)?.catch((error: unknown) => {
                if (!on.slot.held.aborted) throw error;
              });
              const before = signed.get(id) ?? 0n;
              const may = on.ledger.reserved(id);
              if (may <= before || closed.has(id)) return;
              signed.set(id, may);
              rises.push({ at, amount: may - before });
              return;
            }
            closed.add(id);
            const cost = ((signed.get(id) ?? 0n) * each.percent) / 100n;
            signed.delete(id);
            spent += cost;
            await on.ledger.settle(id, cost);
          };

          for (const round of rounds) {
            const perTab = new Map<number, Action[]>();
            for (const each of round) {
              const key = each.type === "wait" ? -1 : each.tab;
              perTab.set(key, [...(perTab.get(key) ?? []), each]);
            }
            // Time stands still while tabs work at once; what one tab does, it does in order.
            for (const each of perTab.get(-1) ?? []) await act(each);
            perTab.delete(-1);
            await Promise.all(
              Array.from(perTab.values(), async (actions) => {
                for (const each of actions) await act(each);
              }),
            );
            const total = [...signed.values()].reduce((sum, amount) => sum + amount, spent);
            const most = limits.budget < limits.deposited ? limits.budget : limits.deposited;
            expect(total <= most, `B1: ${total} of ${most}`).to.equal(true);
            const hourly = rises.filter(({ at }) => at > now - HOUR_MS).reduce((sum, { amount }) => sum + amount, 0n);
            if (limits.budgetPerHour !== undefined) expect(hourly <= limits.budgetPerHour, "B2").to.equal(true);
            const places = tabs.map(({ slot }) => slot.number);
            expect(new Set(places).size, "B3").to.equal(places.length);
          }
          for (const { slot } of tabs) await slot.release();
          database.close();
          indexedDB.deleteDatabase(session);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("grants what is left of each limit, and frees what closed channels did not cost", () => {
    const limits = { budget: 100n, budgetPerHour: 60n, maxPricePerGiB: 1n, deposited: 90n };
    let page: LedgerPage = { spent: 0n, reserved: {}, raises: [] };
    page = reserveOn(page, "0x01", 50n, limits, 0);
    page = reserveOn(page, "0x02", 50n, limits, 1_000);
    expect(page.reserved).to.deep.equal({ "0x01": 50n, "0x02": 10n });
    page = reserveOn(page, "0x02", 50n, limits, HOUR_MS + 1_001);
    expect(page.reserved).to.deep.equal({ "0x01": 50n, "0x02": 40n });
    page = settleOn(page, "0x01", 7n);
    expect(settleOn(page, "0x01", 7n)).to.equal(page);
    page = reserveOn(page, "0x03", 100n, limits, 3 * HOUR_MS);
    expect(page).to.deep.include({ spent: 7n, reserved: { "0x02": 40n, "0x03": 43n } });
  });

  it("signs and remembers nothing for a tab that lost its place", async () => {
    const database = await openSessionDatabase("lost");
    const slot = await claimSlot(sessionLocks(), "lost");
    const limits = { budget: 9n, maxPricePerGiB: 1n, deposited: 9n };
    const ledger = await openLedger({
      ...{ database, session: "lost", held: slot.held, now: () => 0 },
      limits: async () => Promise.resolve(limits),
    });
    const store = indexedDbStore(database, "lost/slot/0", slot.held);
    await store.set("a", "1");
    await ledger.reserve("0x01", 5n);
    expect(ledger.reserved("0x01")).to.equal(5n);
    await navigator.locks.request("weir/lost/slot/0", { steal: true }, async () => {
      await eventually("the tab hears of it", async () => Promise.resolve(slot.held.aborted || undefined));
      expect(ledger.reserved("0x01")).to.equal(0n);
      expect(ledger.reserve("0x01", 6n)).to.equal(undefined);
      expect(await errorCode(store.set("a", "2"))).to.equal("session-in-use");
    });
    expect(await store.entries("")).to.deep.equal([["a", "1"]]);
    expect(await withAllSlots(sessionLocks(), "lost", 1_000, async () => Promise.resolve("alone"))).to.equal("alone");
    database.close();
  });

  it("is not closed under a tab that stays", async () => {
    const slot = await claimSlot(sessionLocks(), "stays");
    const run = withAllSlots(sessionLocks(), "stays", 20, async () => Promise.resolve(undefined));
    expect(await errorCode(run)).to.equal("session-in-use");
    await slot.release();
  });
});
