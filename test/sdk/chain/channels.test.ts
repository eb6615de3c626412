import { expect } from "chai";
import { getAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import {
  close,
  closeCall,
  closeSync,
  closeWithSignature,
  closeWithSignatureCall,
  closeWithSignatureSync,
  finalizeClose,
  finalizeCloseCall,
  finalizeCloseSync,
  fund,
  fundCall,
  fundMany,
  fundManyCall,
  fundManySync,
  fundSync,
  fundWithSignature,
  fundWithSignatureCall,
  fundWithSignatureSync,
  multicall,
  multicallCall,
  multicallSync,
  readChannel,
  readEarnings,
  readParameters,
  requestClose,
  requestCloseCall,
  requestCloseSync,
  settle,
  settleCall,
  settleSync,
  signClose,
  signFund,
  withdrawCall,
  withdrawEarnings,
  withdrawEarningsCall,
  withdrawEarningsSync,
} from "../../../sdk/chain/index.ts";
import { channelId } from "../../../sdk/core/index.ts";
import type { Address, Channel } from "../../../sdk/core/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment, LocalWallet } from "../../../scripts/local/localDeployment.ts";
import { openPayer } from "../../helpers/openPayer.ts";
import type { Payer } from "../../helpers/openPayer.ts";
import { itHasThreeForms } from "./threeForms.ts";

const FAR = 4_000_000_000;
const FEE_BPS = 250;

describe("channels", () => {
  let local: LocalDeployment;
  let relay: LocalWallet;
  let payee: Address;

  before(async () => {
    local = await startLocalDeployment({ feeBps: FEE_BPS });
    relay = local.wallet(5);
    payee = relay.account.address;
  });
  after(async () => local.stop());

  /** A payer with 10,000 units and a channel with 4,000 of them. */
  async function openChannel(): Promise<{ readonly payer: Payer; readonly channel: Channel }> {
    const payer = await openPayer(local, 10_000n);
    return { payer, channel: await payer.fundedChannel(payee, 4_000n) };
  }

  const parties = (channel: Channel) =>
    ({ channelId: channelId(channel), signer: getAddress(channel.signer), payee: channel.payee }) as const;

  const funded = (channel: Channel, deposit: bigint) => {
    const { gracePeriod, nonce, pricePerGiB } = channel;
    return { eventName: "Funded", args: { ...parties(channel), pricePerGiB, gracePeriod, nonce, deposit } } as const;
  };

  describe("fund", () => {
    itHasThreeForms(
      { call: fundCall, send: fund, sync: fundSync },
      async () => {
        const payer = await openPayer(local, 10_000n);
        const options = { deployment: local.deployment, channel: payer.channel(payee), total: 2_500n };
        return { client: payer.owner, options };
      },
      ({ channel, total }) => [funded(channel, total)],
      async (_, { channel }) => {
        const open = { deposit: 2_500n, settledBytes: 0n, closeRequestedAt: 0, closed: false };
        expect(await readChannel(relay, { deployment: local.deployment, channel })).to.deep.equal(open);
        expect(await readChannel(relay, { deployment: local.deployment, channel: channelId(channel) })).to.deep.equal(
          open,
        );
      },
    );

    it("takes a pending close back", async () => {
      const { channel, payer } = await openChannel();
      const options = { deployment: local.deployment, channel };
      await requestCloseSync(payer.owner, options);
      const { events } = await fundSync(payer.owner, { ...options, total: 0n });
      expect(events.map(({ args, eventName }) => [eventName, args])).to.deep.equal([
        ["CloseCancelled", parties(channel)],
      ]);
    });
  });

  describe("fundMany", () => {
    itHasThreeForms(
      { call: fundManyCall, send: fundMany, sync: fundManySync },
      async () => {
        const { channel, payer } = await openChannel();
        const fresh = payer.channel(local.wallet(7).account.address, { pricePerGiB: 3n, gracePeriod: 2_592_000 });
        await requestCloseSync(payer.owner, { deployment: local.deployment, channel });
        const fundings = [
          { channel, total: 4_001n },
          { channel: fresh, total: 5n },
        ];
        return { client: payer.owner, options: { deployment: local.deployment, fundings } };
      },
      ({ fundings }) => [
        { eventName: "CloseCancelled", args: parties(fundings[0]!.channel) },
        ...fundings.map(({ channel, total }) => funded(channel, total)),
      ],
    );

    it("takes channels of one signer, and at least one", async () => {
      const [mine, theirs] = [await openPayer(local, 1n), await openPayer(local, 1n)];
      const fundings = [mine, theirs].map((payer) => ({ channel: payer.channel(payee), total: 1n }));
      const { deployment } = local;
      expect(await errorCode(fundMany(mine.owner, { deployment, fundings }))).to.equal("malformed-message");
      expect(await errorCode(fundMany(mine.owner, { deployment, fundings: [] }))).to.equal("malformed-message");
    });
  });

  describe("fundWithSignature", () => {
    itHasThreeForms(
      { call: fundWithSignatureCall, send: fundWithSignature, sync: fundWithSignatureSync },
      async () => {
        const payer = await openPayer(local, 10_000n);
        const terms = { deployment: local.deployment, channel: payer.channel(payee), total: 2_500n, validUntil: FAR };
        return { client: relay, options: { ...terms, signature: await signFund(payer.signer, terms) } };
      },
      ({ channel, total }) => [funded(channel, total)],
    );

    it("moves what the account still has", async () => {
      const payer = await openPayer(local, 100n);
      const terms = { deployment: local.deployment, channel: payer.channel(payee), total: 2_500n, validUntil: FAR };
      const signature = await signFund(payer.signer, terms);
      const { events } = await fundWithSignatureSync(relay, { ...terms, signature });
      expect(events.map(({ args, eventName }) => ({ eventName, args }))).to.deep.equal([funded(terms.channel, 100n)]);
    });

    it("refuses to sign for another key's channel", async () => {
      const payer = await openPayer(local, 1n);
      const channel = payer.channel(payee, { signer: payee });
      const terms = { deployment: local.deployment, channel, total: 1n, validUntil: FAR };
      expect(await errorCode(signFund(payer.signer, terms))).to.equal("wrong-signer");
    });

    it("names every reason to skip", async () => {
      const { deployment } = local;
      const { channel, payer } = await openChannel();
      const terms = { deployment, channel, total: 5_000n, validUntil: FAR };
      const reason = async (
        changed: Partial<typeof terms>,
        signedTerms = { ...terms, ...changed },
      ): Promise<string> => {
        const signature = await signFund(payer.signer, signedTerms);
        const { events } = await fundWithSignatureSync(relay, { ...terms, ...changed, signature });
        const [event] = events;
        return event?.eventName === "FundSkipped" ? event.args.reason : String(event?.eventName);
      };
      expect(await reason({}, { ...terms, total: 4_999n })).to.equal("bad-signature");
      expect(await reason({ channel: { ...channel, gracePeriod: 1 } })).to.equal("terms-refused");
      expect(await reason({ validUntil: 1 })).to.equal("expired");
      expect(await reason({ total: 4_000n })).to.equal("already-funded");
      await requestCloseSync(payer.owner, { deployment, channel });
      expect(await reason({})).to.equal("close-pending");
      await closeSync(relay, { deployment, channel, minSettledBytes: 0n });
      expect(await reason({})).to.equal("channel-closed");
      const poor = await openPayer(local, 0n);
      const asked = { ...terms, channel: poor.channel(payee) };
      const { events } = await fundWithSignatureSync(relay, {
        ...asked,
        signature: await signFund(poor.signer, asked),
      });
      expect(events[0]?.args).to.deep.equal({ channelId: channelId(asked.channel), payee, reason: "account-empty" });
    });
  });

  describe("settle", () => {
    itHasThreeForms(
      { call: settleCall, send: settle, sync: settleSync },
      async () => {
        const { channel, payer } = await openChannel();
        const row = await payer.row(channel, 1_000n);
        return { client: relay, options: { deployment: local.deployment, payee, rows: [row], channel } };
      },
      ({ channel }) => {
        const settlements = [{ channelId: channelId(channel), amount: 1_000n, settledBytes: 1_000n }];
        return [{ eventName: "Settled", args: { payee, settlements } }];
      },
    );

    it("pays a batch once, exactly, and says what each row paid", async () => {
      const { deployment } = local;
      const price = (3n << 30n) + 7n;
      const payer = await openPayer(local, 10n ** 27n);
      const bytes = [1n, 987_654_321n, (1n << 60n) + 1n];
      const owed = bytes.map((count) => (count * price) >> 30n);
      const channels: Channel[] = [];
      while (channels.length < bytes.length) {
        channels.push(await payer.fundedChannel(payee, 10n ** 26n, { pricePerGiB: price }));
      }
      const rows = await Promise.all(channels.map(async (channel, i) => payer.row(channel, bytes[i]!)));
      const before = await readEarnings(relay, { deployment, payee });
      const { events } = await settleSync(relay, { deployment, payee, rows });
      const amount = owed.reduce((sum, each) => sum + each);
      const fee = (amount * BigInt(FEE_BPS)) / 10_000n;
      const settlements = channels.map((channel, i) => ({
        channelId: channelId(channel),
        amount: owed[i],
        settledBytes: bytes[i],
      }));
      expect(events.map(({ args }) => args)).to.deep.equal([{ payee, settlements }]);
      const after = await readEarnings(relay, { deployment, payee });
      expect(after.balance - before.balance).to.equal(amount - fee);
      expect(after.fees - before.fees).to.equal(fee);
      expect(after.provenBytes - before.provenBytes).to.equal(bytes.reduce((sum, each) => sum + each));
    });

    it("names every reason to skip, and settles the rest", async () => {
      const { deployment } = local;
      const { channel, payer } = await openChannel();
      const spent = await payer.fundedChannel(payee, 10n);
      await settleSync(relay, { deployment, payee, rows: [await payer.row(spent, 999n)] });
      const closed = await payer.fundedChannel(payee, 10n);
      await closeSync(relay, { deployment, channel: closed, minSettledBytes: 0n });
      const good = await payer.row(channel, 50n);
      const rows = [
        { ...good, r: `0x${"00".repeat(32)}` as const },
        { ...good, terms: await payer.row(channel, 51n).then(({ terms }) => terms) },
        await payer.row(closed, 5n),
        good,
        good,
        await payer.row(spent, 1_000n),
      ];
      const { events } = await settleSync(relay, { deployment, payee, rows });
      const skipped = events.filter((event) => event.eventName === "SettleSkipped");
      expect(skipped.map(({ args }) => [args.row, args.reason])).to.deep.equal([
        [0n, "bad-signature"],
        [1n, "channel-unknown"],
        [2n, "channel-closed"],
        [4n, "nothing-new"],
        [5n, "deposit-spent"],
      ]);
      expect(skipped.at(-1)?.args.channelId).to.equal(channelId(spent));
      const settled = events.filter((event) => event.eventName === "Settled");
      expect(settled.map(({ args }) => args.settlements.map(({ amount }) => amount))).to.deep.equal([[50n]]);
    });
  });

  describe("close", () => {
    itHasThreeForms(
      { call: closeCall, send: close, sync: closeSync },
      async () => {
        const { channel, payer } = await openChannel();
        await settleSync(relay, { deployment: local.deployment, payee, rows: [await payer.row(channel, 1_500n)] });
        return { client: relay, options: { deployment: local.deployment, channel, minSettledBytes: 1_500n } };
      },
      ({ channel }) => [{ eventName: "Closed", args: { ...parties(channel), settledBytes: 1_500n, refund: 2_500n } }],
      async (_, { channel }) => {
        const tombstone = { deposit: 1_500n, settledBytes: 1_500n, closeRequestedAt: 0, closed: true };
        expect(await readChannel(relay, { deployment: local.deployment, channel })).to.deep.equal(tombstone);
      },
    );
  });

  describe("closeWithSignature", () => {
    itHasThreeForms(
      { call: closeWithSignatureCall, send: closeWithSignature, sync: closeWithSignatureSync },
      async () => {
        const { channel, payer } = await openChannel();
        const terms = { deployment: local.deployment, channel, minSettledBytes: 0n };
        return { client: payer.owner, options: { ...terms, signature: await signClose(relay.account, terms) } };
      },
      ({ channel }) => [{ eventName: "Closed", args: { ...parties(channel), settledBytes: 0n, refund: 4_000n } }],
    );
  });

  describe("requestClose", () => {
    itHasThreeForms(
      { call: requestCloseCall, send: requestClose, sync: requestCloseSync },
      async () => {
        const { channel, payer } = await openChannel();
        const { timestamp } = await local.publicClient.getBlock();
        const requestedAt = timestamp + 100n;
        await local.testClient.setNextBlockTimestamp({ timestamp: requestedAt });
        return { client: payer.owner, options: { deployment: local.deployment, channel, requestedAt } };
      },
      ({ channel, requestedAt }) => {
        const closableAt = requestedAt + BigInt(channel.gracePeriod);
        return [{ eventName: "CloseRequested", args: { ...parties(channel), closableAt } }];
      },
    );
  });

  describe("finalizeClose", () => {
    itHasThreeForms(
      { call: finalizeCloseCall, send: finalizeClose, sync: finalizeCloseSync },
      async () => {
        const { channel, payer } = await openChannel();
        await requestCloseSync(payer.owner, { deployment: local.deployment, channel });
        await local.sleep(channel.gracePeriod);
        return { client: local.wallet(7), options: { deployment: local.deployment, channel } };
      },
      ({ channel }) => [{ eventName: "Closed", args: { ...parties(channel), settledBytes: 0n, refund: 4_000n } }],
    );

    it("can be asked for by the session key itself", async () => {
      const { channel, payer } = await openChannel();
      const key = privateKeyToAccount(payer.privateKey);
      await local.testClient.setBalance({ address: key.address, value: 10n ** 18n });
      const { events } = await requestCloseSync(local.wallet(key), { deployment: local.deployment, channel });
      expect(events.map(({ eventName }) => eventName)).to.deep.equal(["CloseRequested"]);
    });
  });

  describe("earnings", () => {
    /** 1,000 units settled for a payee of its own. */
    async function earn(): Promise<Address> {
      const { account } = local.wallet(privateKeyToAccount(`0x${"07".repeat(32)}`));
      const payer = await openPayer(local, 1_000n);
      const channel = await payer.fundedChannel(account.address, 1_000n);
      const rows = [await payer.row(channel, 1_000n)];
      await settleSync(relay, { deployment: local.deployment, payee: account.address, rows });
      return account.address;
    }

    describe("withdrawEarnings", () => {
      itHasThreeForms(
        { call: withdrawEarningsCall, send: withdrawEarnings, sync: withdrawEarningsSync },
        async () => {
          const earner = await earn();
          const { balance } = await readEarnings(relay, { deployment: local.deployment, payee: earner });
          return { client: relay, options: { deployment: local.deployment, payee: earner, balance } };
        },
        ({ balance, payee: earner }) => [
          { eventName: "EarningsWithdrawn", args: { payee: earner, to: earner, amount: balance } },
        ],
      );
    });
  });

  describe("multicall", () => {
    itHasThreeForms(
      { call: multicallCall, send: multicall, sync: multicallSync },
      async () => {
        const { deployment } = local;
        const payer = await openPayer(local, 10_000n);
        const channel = payer.channel(payee);
        const terms = { deployment, channel, total: 3_000n, validUntil: FAR };
        const calls = [
          fundWithSignatureCall({ ...terms, signature: await signFund(payer.signer, terms) }),
          settleCall({ deployment, payee, rows: [await payer.row(channel, 2_000n)] }),
          closeCall({ deployment, channel, minSettledBytes: 2_000n }),
        ];
        return { client: relay, options: { deployment, calls, channel } };
      },
      ({ channel }) => {
        const settlements = [{ channelId: channelId(channel), amount: 2_000n, settledBytes: 2_000n }];
        return [
          funded(channel, 3_000n),
          { eventName: "Settled", args: { payee, settlements } },
          { eventName: "Closed", args: { ...parties(channel), settledBytes: 2_000n, refund: 1_000n } },
        ];
      },
    );

    it("does all or nothing, and says why", async () => {
      const { deployment } = local;
      const { channel, payer } = await openChannel();
      const calls = [
        settleCall({ deployment, payee, rows: [await payer.row(channel, 10n)] }),
        closeCall({ deployment, channel, minSettledBytes: 11n }),
      ];
      const failed = await multicall(relay, { deployment, calls }).catch((error: unknown) => error);
      expect(failed).to.include({ errorName: "SettledBytesTooLow", functionName: "multicall" });
      expect((await readChannel(relay, { deployment, channel })).settledBytes).to.equal(0n);
    });

    it("refuses a call of another escrow", async () => {
      const { deployment } = local;
      const elsewhere = { ...deployment, paymentChannels: { ...deployment.paymentChannels, address: payee } };
      const calls = [withdrawCall({ deployment: elsewhere, signer: payee, amount: 1n, to: payee })];
      expect(await errorCode(() => multicallCall({ deployment, calls }))).to.equal("wrong-contract");
    });
  });

  it("are governed by parameters that can be read", async () => {
    const { deployment } = local;
    expect(await readParameters(relay, { deployment })).to.deep.equal({
      token: deployment.token.address,
      operatorRegistry: deployment.operatorRegistry.address,
      feeBps: FEE_BPS,
      feeCollector: deployment.rewardsDistributor.address,
    });
  });
});
