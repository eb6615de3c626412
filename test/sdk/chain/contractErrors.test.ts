import { expect } from "chai";
import { concat, encodeErrorResult, getAddress, maxUint96, numberToHex, pad, size, zeroAddress, zeroHash } from "viem";
import type { Abi, AbiParameter, Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import {
  deliveryDisputesAbi,
  operatorRegistryAbi,
  paymentChannelsAbi,
  rewardsDistributorAbi,
  stakeManagerAbi,
} from "../../../sdk/abis/index.ts";
import {
  approveSync,
  cancelBeneficiaryProposal,
  clearAgent,
  clearAgentSync,
  close,
  closeSync,
  closeWithSignature,
  commitDispute,
  withdrawEarnings,
  deposit,
  deregister,
  distribute,
  finalizeClose,
  fund,
  isContractError,
  register,
  registerSync,
  requestClose,
  requestCloseSync,
  setAgent,
  setBeneficiary,
  signAgent,
  signClose,
  stake,
  updateListing,
  withdraw,
} from "../../../sdk/chain/index.ts";
import type { ContractError, Listing } from "../../../sdk/chain/index.ts";
import { tokenErrorsAbi } from "../../../sdk/chain/token/tokenErrorsAbi.ts";
import { channelId, errorCatalogue, WeirError } from "../../../sdk/core/index.ts";
import type { Address, Deployment } from "../../../sdk/core/index.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment, LocalWallet } from "../../../scripts/local/localDeployment.ts";
import { openPayer } from "../../helpers/openPayer.ts";
import { expectRefusal, refusal } from "./refusal.ts";

const listing: Listing = { pricePerGiB: 1n, endpoint: "https://relay.example/", region: "", metadataURI: "" };

describe("contract errors", () => {
  let local: LocalDeployment;
  let deployment: Deployment;
  let owner: LocalWallet;
  let relay: LocalWallet;
  let payee: Address;

  before(async () => {
    local = await startLocalDeployment();
    deployment = local.deployment;
    owner = local.wallet(1);
    relay = local.wallet(5);
    payee = relay.account.address;
  });
  after(async () => local.stop());

  describe("of the escrow", () => {
    it("tell who may do what with an account", async () => {
      const { signer } = await openPayer(local, 10n);
      const mine = owner.account.address;
      const options = { deployment, signer: signer.address };
      await expectRefusal(
        withdraw(relay, { ...options, amount: 1n, to: payee }),
        "contract-reverted",
        "NotAccountOwner",
        { expected: mine, actual: payee },
      );
      await expectRefusal(
        withdraw(owner, { ...options, amount: 11n, to: payee }),
        "account-empty",
        "InsufficientBalance",
        { needed: 11n, available: 10n },
      );
      await expectRefusal(
        withdraw(owner, { ...options, amount: 1n, to: zeroAddress }),
        "contract-reverted",
        "InvalidAddress",
        { account: zeroAddress },
      );
      await expectRefusal(
        deposit(relay, { ...options, owner: payee, amount: 0n }),
        "contract-reverted",
        "AccountOwnerMismatch",
        { expected: payee, actual: mine },
      );
    });

    it("tell what is wrong with a deposit", async () => {
      const signer = privateKeyToAccount(generatePrivateKey()).address;
      const options = { deployment, signer, owner: owner.account.address };
      await expectRefusal(deposit(owner, { ...options, amount: 0n }), "wrong-signer", "BadSignature", {
        expected: signer,
        actual: zeroAddress,
      });
      const payer = await openPayer(local, 1n);
      const open = { ...options, signer: payer.signer.address };
      await expectRefusal(deposit(owner, { ...open, amount: 5n }), "contract-reverted", "ERC20InsufficientAllowance", {
        spender: deployment.paymentChannels.address,
        allowance: 0n,
        needed: 5n,
      });
      const rich = local.wallet(8);
      await approveSync(rich, { deployment, amount: 2n ** 97n });
      await expectRefusal(deposit(rich, { ...open, amount: 5n }), "contract-reverted", "ERC20InsufficientBalance", {
        sender: rich.account.address,
        balance: 0n,
        needed: 5n,
      });
      await local.mint(rich.account.address, maxUint96);
      const other = await openPayer(local, 0n);
      const full = await refusal(deposit(rich, { ...open, signer: other.signer.address, amount: maxUint96 }));
      if (!isContractError(full, "EscrowFull")) throw full;
      expect(full.args.maximum).to.equal(maxUint96);
      expect(full.args.actual > maxUint96).to.equal(true);
    });

    it("tell what is wrong with a channel", async () => {
      const payer = await openPayer(local, 100n);
      const channel = await payer.fundedChannel(payee, 50n);
      const id = channelId(channel);
      const options = { deployment, channel };
      const mine = owner.account.address;
      const stranger = local.wallet(7);
      await expectRefusal(fund(stranger, { ...options, total: 60n }), "contract-reverted", "NotPayer", {
        owner: mine,
        signer: getAddress(channel.signer),
        actual: stranger.account.address,
      });
      await expectRefusal(fund(owner, { ...options, total: 101n }), "account-empty", "InsufficientBalance", {
        needed: 51n,
        available: 50n,
      });
      const short = { ...channel, gracePeriod: 3_599 };
      await expectRefusal(fund(owner, { deployment, channel: short, total: 1n }), "malformed-message", "InvalidTerms", {
        payee,
        pricePerGiB: channel.pricePerGiB,
        gracePeriod: 3_599,
      });
      const unknown = payer.channel(payee);
      await expectRefusal(requestClose(owner, { deployment, channel: unknown }), "channel-unknown", "ChannelUnknown", {
        channelId: channelId(unknown),
      });
      await expectRefusal(finalizeClose(owner, options), "contract-reverted", "CloseNotRequested", { channelId: id });
      await requestCloseSync(owner, options);
      const early = await refusal(finalizeClose(owner, options));
      if (!isContractError(early, "GracePeriodNotOver")) throw early;
      expect(early.args.closableAt > early.args.timestamp).to.equal(true);
      const { closableAt } = early.args;
      await expectRefusal(requestClose(owner, options), "close-pending", "CloseAlreadyRequested", {
        channelId: id,
        closableAt,
      });
    });

    it("tell who may close, and when", async () => {
      const payer = await openPayer(local, 100n);
      const channel = await payer.fundedChannel(payee, 50n);
      const options = { deployment, channel };
      await expectRefusal(close(owner, { ...options, minSettledBytes: 0n }), "contract-reverted", "NotPayee", {
        expected: payee,
        actual: owner.account.address,
      });
      await expectRefusal(
        close(relay, { ...options, minSettledBytes: 1n }),
        "contract-reverted",
        "SettledBytesTooLow",
        {
          minimum: 1n,
          actual: 0n,
        },
      );
      const terms = { ...options, minSettledBytes: 0n };
      const signature = await signClose(owner.account, terms);
      await expectRefusal(closeWithSignature(owner, { ...terms, signature }), "contract-reverted", "NotPayee", {
        expected: payee,
        actual: owner.account.address,
      });
      await closeSync(relay, { ...options, minSettledBytes: 0n });
      await expectRefusal(fund(owner, { ...options, total: 60n }), "channel-closed", "ChannelIsClosed", {
        channelId: channelId(channel),
      });
    });
  });

  describe("of the registry", () => {
    async function newAgent(operator: Address) {
      const key = privateKeyToAccount(generatePrivateKey());
      return { agent: key.address, signature: await signAgent(key, { deployment, operator }) };
    }

    it("tell what is wrong with a registration", async () => {
      const wallet = local.wallet(2);
      const operator = wallet.account.address;
      const options = { deployment, listing, beneficiary: zeroAddress, ...(await newAgent(operator)) };
      const listed = async (changed: Partial<Listing>): Promise<Hex> =>
        register(wallet, { ...options, listing: { ...listing, ...changed } });
      await expectRefusal(listed({ pricePerGiB: 0n }), "malformed-message", "ZeroPrice", {});
      await expectRefusal(listed({ endpoint: "" }), "contract-reverted", "EndpointLengthOutOfBounds", {
        max: 256n,
        actual: 0n,
      });
      await expectRefusal(listed({ region: "r".repeat(33) }), "contract-reverted", "RegionTooLong", {
        max: 32n,
        actual: 33n,
      });
      await expectRefusal(listed({ metadataURI: "m".repeat(257) }), "contract-reverted", "MetadataURITooLong", {
        max: 256n,
        actual: 257n,
      });
      const { agent } = await newAgent(payee);
      const forged = await refusal(register(wallet, { ...options, agent }));
      expect(forged.errorName).to.equal("InvalidAgentSignature");
      expect(forged.args).to.deep.equal({ agent, recovered: options.agent });
      await registerSync(wallet, options);
      await expectRefusal(register(wallet, options), "contract-reverted", "AlreadyRegistered", { operator });
      await expectRefusal(setAgent(wallet, options), "contract-reverted", "AgentTaken", {
        agent: options.agent,
        operator,
      });
      await clearAgentSync(wallet, { deployment });
      await expectRefusal(clearAgent(wallet, { deployment }), "contract-reverted", "NoAgent", { operator });
    });

    it("tell a stranger from an operator and a beneficiary", async () => {
      const wallet = local.wallet(3);
      const operator = wallet.account.address;
      const notRegistered = ["contract-reverted", "NotRegistered", { operator }] as const;
      await expectRefusal(deregister(wallet, { deployment }), ...notRegistered);
      await expectRefusal(updateListing(wallet, { deployment, listing }), ...notRegistered);
      await expectRefusal(
        setBeneficiary(wallet, { deployment, operator: payee, beneficiary: operator }),
        "contract-reverted",
        "NotBeneficiary",
        { holder: payee, caller: operator },
      );
      await expectRefusal(
        cancelBeneficiaryProposal(wallet, { deployment, operator }),
        "contract-reverted",
        "NoProposal",
        { operator },
      );
    });
  });

  describe("whatever a contract says", () => {
    /** Puts code at an address that reverts with exactly these bytes. */
    async function alwaysRevert(at: Address, data: Hex): Promise<void> {
      const length = pad(numberToHex(size(data)), { size: 2 });
      // PUSH2 length, PUSH1 14, PUSH1 0, CODECOPY, PUSH2 length, PUSH1 0, REVERT: 14 bytes, then the data.
      const code = concat(["0x61", length, "0x600e6000", "0x39", "0x61", length, "0x6000", "0xfd", data]);
      await local.testClient.setCode({ address: at, bytecode: code });
    }

    const at: Address = `0x${"e5".repeat(20)}`;
    const elsewhere = (): Deployment => ({
      ...deployment,
      paymentChannels: { ...deployment.paymentChannels, address: at },
      operatorRegistry: { ...deployment.operatorRegistry, address: at },
      stakeManager: { ...deployment.stakeManager, address: at },
      rewardsDistributor: { ...deployment.rewardsDistributor, address: at },
      deliveryDisputes: { ...deployment.deliveryDisputes, address: at },
    });

    it("is decoded by name, with typed arguments and a cure of its own", async () => {
      const deployed = elsewhere();
      const actions: readonly (readonly [Abi, () => Promise<unknown>])[] = [
        [paymentChannelsAbi, async () => withdrawEarnings(owner, { deployment: deployed, payee })],
        [tokenErrorsAbi, async () => withdrawEarnings(owner, { deployment: deployed, payee })],
        [operatorRegistryAbi, async () => clearAgent(owner, { deployment: deployed })],
        [stakeManagerAbi, async () => stake(owner, { deployment: deployed, amount: 1n })],
        [rewardsDistributorAbi, async () => distribute(owner, { deployment: deployed, operator: payee })],
        [deliveryDisputesAbi, async () => commitDispute(owner, { deployment: deployed, commitment: zeroHash })],
      ];
      const declared = actions.flatMap(([abi, action]) =>
        abi.flatMap((item) => (item.type === "error" ? [{ item, action }] : [])),
      );
      for (const { action, item } of declared) {
        const args = item.inputs.map(sample);
        await alwaysRevert(at, encodeErrorResult({ abi: [item], errorName: item.name, args }));
        const error = await refusal(action());
        const named = Object.fromEntries(item.inputs.map(({ name = "" }, i) => [name, args[i]]));
        expect({ name: error.errorName, args: error.args }).to.deep.equal({ name: item.name, args: named });
        expect(error.cure).not.to.equal(errorCatalogue["contract-reverted"].cure);
        expect(WeirError.is(error, error.code)).to.equal(true);
      }
      expect(declared.length).to.be.greaterThan(70);
    });

    it("is passed on if it is a text, a panic, a stranger's error or nothing", async () => {
      const action = async (): Promise<ContractError> =>
        refusal(withdrawEarnings(owner, { deployment: elsewhere(), payee }));
      const builtin = [
        { type: "error", name: "Error", inputs: [{ name: "message", type: "string" }] },
        { type: "error", name: "Panic", inputs: [{ name: "reason", type: "uint256" }] },
      ] as const;
      await alwaysRevert(at, encodeErrorResult({ abi: builtin, errorName: "Error", args: ["no"] }));
      expect(await action()).to.deep.include({ errorName: "Error", args: { message: "no" } });
      await alwaysRevert(at, encodeErrorResult({ abi: builtin, errorName: "Panic", args: [17n] }));
      expect(await action()).to.deep.include({ errorName: "Panic", args: { reason: 17n } });
      await alwaysRevert(at, "0x12345678ff");
      expect(await action()).to.deep.include({ errorName: "0x12345678", args: { data: "0x12345678ff" } });
      await alwaysRevert(at, "0x");
      expect(await action()).to.deep.include({ errorName: undefined, args: {}, code: "contract-reverted" });
    });
  });
});

/** A value of a Solidity type that is neither zero nor round. */
function sample({ type }: AbiParameter, place: number): unknown {
  if (type === "address") return `0x${`${place + 1}`.repeat(40)}`;
  if (type === "bytes32") return `0x${`${place + 1}`.repeat(64)}`;
  if (type === "string") return `text ${place + 1}`;
  const bits = Number(/^uint(\d+)$/.exec(type)?.[1]);
  const value = (1n << BigInt(bits)) - 1n - BigInt(place);
  return bits <= 48 ? Number(value) : value;
}
