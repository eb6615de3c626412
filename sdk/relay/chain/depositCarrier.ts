import { WeirError } from "../../core/index.ts";
import type { Hex } from "../../core/index.ts";
import type { SignedDeposit } from "../../http/index.ts";
import type { RelayDepositOptions } from "../relayOptions.ts";
import { tokenBuckets } from "../tokenBuckets.ts";

/** A deposit that waits for the collector. */
export interface WaitingDeposit {
  readonly deposit: SignedDeposit;
  /** It is written down and sent. */
  readonly sent: (hash: Hex) => void;
  /** It is not sent, and will not be. */
  readonly refused: (error: WeirError) => void;
}

/** Deposits that wait for this process to send them. They are the collector's, which alone knows the agent's nonces. */
export interface DepositCarrier {
  /**
   * Has a deposit sent. Resolves to its hash once the transaction is written down: then it is sent whatever happens.
   *
   * @throws WeirError `deposit-refused` if it would fail or is not worth its gas, `too-many-requests`
   */
  readonly carry: (deposit: SignedDeposit) => Promise<Hex>;
  /** The first that waits. It waits no more: whoever takes it answers it. */
  readonly take: () => WaitingDeposit | undefined;
  /**
   * Counts a deposit that is about to be sent against what may be sent within an hour.
   *
   * @returns whole seconds to wait until it may be; 0 if it may
   */
  readonly count: (deposit: SignedDeposit) => number;
  /** Wei that may be spent on gas within a day. */
  readonly gasPerDay: bigint;
}

/** Deposits that wait at a time: each takes a transaction, and so a block. */
const MAX_WAITING = 8;

/** How long one waits for its turn, in milliseconds. */
const WAIT_MS = 10_000;
const HOUR_SECONDS = 3_600;
/** Wallets that are remembered. */
const MOST_WALLETS = 10_000;

/**
 * Nothing waits yet. What waits is in memory alone: nobody was promised anything about it, and who asks again, here or
 * elsewhere, asks for the same deposit, which happens once.
 *
 * @param onWaiting called when there is something to send
 */
export function openDepositCarrier(
  { gasPerDay, perHour, perHourAndClient }: Required<RelayDepositOptions>,
  onWaiting: () => void,
): DepositCarrier {
  const waiting: WaitingDeposit[] = [];
  const total = tokenBuckets({ perSecond: perHour / HOUR_SECONDS, burst: perHour, most: 1 });
  const wallets = tokenBuckets({
    ...{ perSecond: perHourAndClient / HOUR_SECONDS, burst: perHourAndClient, most: MOST_WALLETS },
  });
  return {
    gasPerDay,
    async carry(deposit) {
      if (waiting.length >= MAX_WAITING) throw new WeirError("too-many-requests", "too many deposits wait to be sent");
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          const index = waiting.indexOf(entry);
          if (index < 0) return;
          waiting.splice(index, 1);
          reject(new WeirError("too-many-requests", "other transactions of the relay are on their way"));
        }, WAIT_MS);
        const entry: WaitingDeposit = {
          deposit,
          sent(hash) {
            clearTimeout(timer);
            resolve(hash);
          },
          refused(error) {
            clearTimeout(timer);
            reject(error);
          },
        };
        waiting.push(entry);
        onWaiting();
      });
    },
    take: () => waiting.shift(),
    count({ authorization }) {
      const wait = wallets.take(authorization.from);
      return wait > 0 ? wait : total.take("all");
    },
  };
}
