import { network } from "hardhat";
import { id, Signature, Wallet } from "ethers";
import type { BaseContract, BaseWallet, Signer, TypedDataDomain, TypedDataField } from "ethers";
import { channelId, packTerms, weirDomain, weirTypes } from "../../sdk/core/index.ts";
import type { Channel, WeirMessage, WeirTypeName } from "../../sdk/core/index.ts";
import type {
  IPaymentChannels,
  OperatorRegistry,
  PaymentChannels,
  WeirTestToken,
} from "../../types/ethers-contracts/index.js";

/** One simulated chain for all integration tests of a process; each test starts from a snapshot. */
export const { ethers, networkHelpers } = await network.create();

export const FEE_BPS = 250n;
export const DISPUTE_WINDOW = 7 * 86_400;
export const GIB = 1n << 30n;
export const ZERO_ADDRESS = "0x0000000000000000000000000000000000000000";

type HardhatSigner = Awaited<ReturnType<typeof ethers.getSigners>>[number];

/** A deployment and everybody who uses it. */
export interface Weir {
  readonly token: WeirTestToken;
  readonly registry: OperatorRegistry;
  readonly escrow: PaymentChannels;
  readonly domain: TypedDataDomain;
  readonly registryDomain: TypedDataDomain;
  /** The viewer's wallet, with 1,000 tokens and an allowance for the escrow. */
  readonly payer: HardhatSigner;
  /** The viewer's session key. It never holds anything. */
  readonly session: BaseWallet;
  readonly payee: HardhatSigner;
  readonly agent: HardhatSigner;
  readonly cold: HardhatSigner;
  readonly collector: HardhatSigner;
  readonly stranger: HardhatSigner;
}

const tokens = (amount: string): bigint => ethers.parseEther(amount);

export { tokens };

/** Deploys everything; to be used with `loadFixture`. */
export async function weir(): Promise<Weir> {
  const token = await ethers.deployContract("WeirTestToken", ["Weir Test", "WTT", 18]);
  return weirFor(token);
}

/** Deploys the escrow for any token that has `mint` and `approve`, and gives the payer 1,000 of it. */
export async function weirFor(anyToken: BaseContract): Promise<Weir> {
  // The hostile tokens share what is called here; what they lack, no test of theirs calls.
  const token = anyToken as WeirTestToken;
  const [, payer, payee, agent, cold, collector, stranger] = (await ethers.getSigners()) as [
    HardhatSigner,
    HardhatSigner,
    HardhatSigner,
    HardhatSigner,
    HardhatSigner,
    HardhatSigner,
    HardhatSigner,
  ];
  const registry = await ethers.deployContract("OperatorRegistry", [DISPUTE_WINDOW]);
  const escrow = await ethers.deployContract("PaymentChannels", [token, registry, FEE_BPS, collector]);
  await token.mint(payer, tokens("1000"));
  await token.connect(payer).approve(escrow, ethers.MaxUint256);
  return {
    token,
    registry,
    escrow,
    domain: await domainOf(escrow),
    registryDomain: await domainOf(registry),
    payer,
    session: new Wallet(id("session key")),
    payee,
    agent,
    cold,
    collector,
    stranger,
  };
}

/** A fresh deployment, restored to its first block. */
export const loadWeir = async (): Promise<Weir> => networkHelpers.loadFixture(weir);

/** The EIP-712 domain that a contract publishes (EIP-5267). */
export async function domainOf(
  contract: Pick<PaymentChannels | OperatorRegistry, "eip712Domain">,
): Promise<TypedDataDomain> {
  const { chainId, verifyingContract, salt } = await contract.eip712Domain();
  return weirDomain({ chainId, verifyingContract: verifyingContract as `0x${string}`, salt: salt as `0x${string}` });
}

/** A signature in the form the contracts take. */
export interface Compact {
  readonly r: string;
  readonly vs: string;
}

/** Signs a protocol message with ethers, which hashes typed data by itself. */
export async function sign<Name extends WeirTypeName>(
  signer: Pick<Signer, "signTypedData">,
  domain: TypedDataDomain,
  name: Name,
  message: WeirMessage<Name>,
): Promise<Compact> {
  const types: Record<string, TypedDataField[]> = { [name]: [...weirTypes[name]] };
  const { r, yParityAndS } = Signature.from(await signer.signTypedData(domain, types, message));
  return { r, vs: yParityAndS };
}

/** A channel from the session key to the payee at 1 token a GiB. */
export function channelOf(
  weir: Readonly<Record<"session" | "payee", { readonly address: string }>>,
  terms: Partial<Channel> = {},
): Channel {
  return {
    signer: weir.session.address as `0x${string}`,
    payee: weir.payee.address as `0x${string}`,
    pricePerGiB: tokens("1"),
    gracePeriod: 86_400,
    nonce: 1n,
    ...terms,
  };
}

export const idOf = channelId;

/** The session key's word that the payer owns its account. */
export const sessionOf = async (weir: Weir, owner: string = weir.payer.address): Promise<Compact> =>
  sign(weir.session, weir.domain, "Session", { owner: owner as `0x${string}` });

/** A receipt as a row of `settle`. The root stands for whatever was received. */
export async function rowOf(
  weir: Pick<Weir, "domain">,
  session: Pick<Signer, "signTypedData">,
  channel: Channel,
  deliveredBytes: bigint,
  segmentsRoot = id(`root at ${deliveredBytes}`),
): Promise<IPaymentChannels.SettleRowStruct> {
  const root = segmentsRoot as `0x${string}`;
  const { payee, pricePerGiB, gracePeriod, nonce } = channel;
  const terms = { payee, pricePerGiB, gracePeriod, nonce };
  const signature = await sign(session, weir.domain, "SegmentReceipt", {
    ...terms,
    deliveredBytes,
    segmentsRoot: root,
  });
  return { terms: packTerms({ ...terms, deliveredBytes }), segmentsRoot: root, ...signature };
}

/** The session key's leave to raise a channel's deposit. */
export async function fundOf(weir: Weir, channel: Channel, total: bigint, validUntil: number): Promise<Compact> {
  const { payee, pricePerGiB, gracePeriod, nonce } = channel;
  return sign(weir.session, weir.domain, "Fund", { payee, pricePerGiB, gracePeriod, nonce, total, validUntil });
}

/** Leave to close, by the payee or its agent. */
export const closeOf = async (
  weir: Weir,
  signer: Pick<Signer, "signTypedData">,
  channel: Channel,
  minSettledBytes: bigint,
): Promise<Compact> => sign(signer, weir.domain, "Close", { channelId: channelId(channel), minSettledBytes });

/** Registers the payee with its agent and, unless it is zero, a beneficiary. */
export async function registerPayee(weir: Weir, beneficiary: string = weir.cold.address): Promise<void> {
  const { r, vs } = await sign(weir.agent, weir.registryDomain, "Agent", {
    operator: weir.payee.address as `0x${string}`,
  });
  const listing = { pricePerGiB: tokens("1"), endpoint: "https://relay.example", region: "eu", metadataURI: "" };
  await weir.registry.connect(weir.payee).register(listing, beneficiary, weir.agent, r, vs);
}

/** Deposits and funds one channel in the payer's name. */
export async function openChannel(weir: Weir, deposit: bigint, terms: Partial<Channel> = {}): Promise<Channel> {
  const channel = channelOf(weir, terms);
  const escrow = weir.escrow.connect(weir.payer);
  await escrow.deposit(weir.session, weir.payer, deposit, await sessionOf(weir));
  await escrow.fund(channel, (await escrow.channel(channelId(channel))).deposit + deposit);
  return channel;
}

/** Everything the escrow owes anybody, which must be what it holds, to the wei. */
export async function booked(
  weir: Pick<Weir, "escrow">,
  who: { signers: readonly string[]; channels: readonly Channel[]; payees: readonly string[] },
): Promise<bigint> {
  let sum = 0n;
  for (const signer of who.signers) sum += (await weir.escrow.account(signer)).balance;
  for (const channel of who.channels) {
    const { deposit, settledBytes } = await weir.escrow.channel(channelId(channel));
    sum += deposit - (settledBytes * channel.pricePerGiB) / GIB;
  }
  for (const payee of who.payees) {
    const { balance, fees } = await weir.escrow.earningsOf(payee);
    sum += balance + fees;
  }
  return sum;
}
