import type { LocalAccount } from "viem";
import { weirTestTokenAbi } from "../../sdk/abis/index.ts";
import {
  approveCall,
  claimRewardsCall,
  commitDisputeCall,
  delegateCall,
  distributeCall,
  registerCall,
  reportManifestContradictionCall,
  reportSelfContradictionCall,
  setCommissionCall,
  signAgent,
  stakeCall,
  unbondCall,
  withdrawStakeCall,
} from "../../sdk/chain/index.ts";
import {
  deliveryCommitment,
  hashMessage,
  manifestProof,
  manifestRoot,
  paymentChannelsDomain,
  privateKeySigner,
  resourceId,
} from "../../sdk/core/index.ts";
import type { Deployment, ManifestLeaf, SessionSigner, SignedDelivery } from "../../sdk/core/index.ts";
import { anvilAccount } from "../../scripts/local/anvil.ts";
import { randomWord } from "./fixture.ts";
import type { GasChain, SentCall } from "./gasChain.ts";

/** A call to measure, by the name of its figure, and what has to happen before. */
export type SingleCall = readonly [name: string, call: SentCall, ...before: readonly SentCall[]];

const TOKEN = 10n ** 18n;
const OWN_STAKE = 5_000n * TOKEN + 1n;
const DELEGATED = 20_000n * TOKEN + 3n;
const MORE = 100n * TOKEN + 7n;
const COMMISSION_BPS = 1_000;
const EPOCH = 604_800;
const UNBONDING = 2 * EPOCH;
const COMMIT_AGE = 60;
/** A title of an hour and a half in three renditions: twelve levels of hashes. */
const LEAVES = 4_096;
const FIRST_SHARE = 10n ** 6n;

/**
 * Every call of stake, rewards and disputes, in the steady state: the operator has delegators already, its streams run and
 * it earned before.
 *
 * @param settle a settlement that leaves fees of the operator in the escrow
 */
export async function stakingCalls(chain: GasChain, settle: SentCall): Promise<readonly SingleCall[]> {
  const { deployment, payee: operator } = chain;
  const [delegator, other, reporter] = [anvilAccount(2), anvilAccount(3), anvilAccount(4)];
  const agent = privateKeySigner(randomWord("agent"));

  const tokensFor = (from: LocalAccount, amount: bigint): SentCall[] => {
    const mint = { address: deployment.token.address, abi: weirTestTokenAbi, functionName: "mint" } as const;
    return [
      { from, call: { ...mint, args: [from.address, amount] } },
      { from, call: approveCall({ deployment, spender: "stakeManager", amount }) },
    ];
  };
  const stake = (amount: bigint): SentCall => ({ from: operator, call: stakeCall({ deployment, amount }) });
  const delegate = (from: LocalAccount, amount: bigint): SentCall => ({
    from,
    call: delegateCall({ deployment, operator: operator.address, amount, maxCommissionBps: COMMISSION_BPS }),
  });
  const distribute: SentCall = { from: other, call: distributeCall({ deployment, operator: operator.address }) };
  const consent = await signAgent(agent, { deployment, operator: operator.address });
  const listing = { pricePerGiB: TOKEN / 200n, endpoint: "https://relay.example", region: "eu-west", metadataURI: "" };
  const joining = { listing, beneficiary: operator.address, agent: agent.address, signature: consent };
  const register: SentCall = { from: operator, call: registerCall({ deployment, ...joining }) };
  const staked = [register, ...tokensFor(operator, OWN_STAKE + MORE), stake(OWN_STAKE)];
  const commission: SentCall = {
    from: operator,
    call: setCommissionCall({ deployment, commissionBps: COMMISSION_BPS }),
  };
  const delegated = [...staked, commission, ...tokensFor(delegator, DELEGATED + MORE), delegate(delegator, DELEGATED)];
  const unbond = (from: LocalAccount): SentCall => ({
    from,
    call: unbondCall({ deployment, operator: operator.address, shares: MORE * FIRST_SHARE }),
  });
  const leaving = [unbond(operator), unbond(delegator)];
  const steady = [...delegated, ...leaving, { ...distribute, secondsLater: EPOCH }, settle];
  const leave: SentCall = {
    from: delegator,
    call: withdrawStakeCall({ deployment, index: 0n }),
    secondsLater: UNBONDING,
  };
  const claim: SentCall = { from: other, call: claimRewardsCall({ deployment, account: operator.address }) };

  const evidence = await contradictions(deployment, agent);
  const salt = randomWord("salt");
  const commitTo = (deliveries: readonly SignedDelivery[]): SentCall => ({
    from: reporter,
    call: commitDisputeCall({
      deployment,
      commitment: deliveryCommitment({ reporter: reporter.address, salt, deliveries }),
    }),
  });
  const { delivery, other: second, listed } = evidence;
  const reported = { from: reporter, secondsLater: COMMIT_AGE };
  return [
    ["stake", stake(MORE), ...steady],
    ["delegate, for the first time", delegate(other, MORE), ...steady, ...tokensFor(other, MORE)],
    ["delegate", delegate(delegator, MORE), ...steady],
    ["unbond own stake", unbond(operator), ...steady],
    ["unbond", unbond(delegator), ...steady],
    ["withdraw stake", leave, ...steady],
    ["set the commission", commission, ...staked],
    ["distribute", { ...distribute, secondsLater: EPOCH }, ...steady],
    ["claim rewards", claim, ...steady],
    ["commit to a report", commitTo([delivery]), ...steady],
    [
      "slash for a manifest contradiction",
      { ...reported, call: reportManifestContradictionCall({ deployment, delivery, listed, salt }) },
      ...steady,
      commitTo([delivery]),
    ],
    [
      "slash for a self-contradiction",
      { ...reported, call: reportSelfContradictionCall({ deployment, deliveries: [delivery, second], salt }) },
      ...steady,
      commitTo([delivery, second]),
    ],
  ];
}

/** Two deliveries of an agent for one resource of a long manifest: neither is what the manifest says. */
async function contradictions(deployment: Deployment, agent: SessionSigner) {
  const path = "segment-0.m4s";
  const size = 1_048_576n;
  const leaves: ManifestLeaf[] = Array.from({ length: LEAVES }, (_, index) => ({
    path: index === 0 ? path : `segment-${index}.m4s`,
    contentHash: randomWord(`content ${index}`),
    size,
  }));
  const resource = resourceId(path);
  const about = { channelId: randomWord("channel"), manifestRoot: manifestRoot(leaves), resource, size };
  const sign = async (label: string): Promise<SignedDelivery> => {
    const delivery = { ...about, contentHash: randomWord(label) };
    const digest = hashMessage(paymentChannelsDomain(deployment), "Delivery", delivery);
    return { delivery, signature: await agent.signDigest(digest) };
  };
  return { delivery: await sign("false"), other: await sign("also false"), listed: manifestProof(leaves, resource) };
}
