import { zeroAddress } from "viem";
import {
  proposeBeneficiaryCall,
  proposeBeneficiarySync,
  readOperator,
  readOperatorStake,
  setAgentCall,
  setAgentSync,
  setBeneficiaryCall,
  setBeneficiarySync,
  setCommissionCall,
  setCommissionSync,
  signAgent,
  updateListingCall,
  updateListingSync,
} from "../../chain/index.ts";
import type { Listing, OperatorRecord } from "../../chain/index.ts";
import { isSameAddress, privateKeySigner } from "../../core/index.ts";
import { addressOption } from "../addressOption.ts";
import { sendOptions } from "../commandSpec.ts";
import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { chainSettings, parseTokens } from "../connect.ts";
import { openKey } from "../keys.ts";
import { assertOperator, parsePercent, showPercent } from "../operator.ts";
import { step, transact } from "../transact.ts";
import type { Sending, Step } from "../transact.ts";

/** `weir operator update` */
export const operatorUpdate: CommandSpec = {
  description:
    "Compares the registry with the settings and sends what differs: URL, region and price from [relay], and what the " +
    "options name. Does nothing if nothing differs. --new-agent appoints the key of agent.keystore and revokes the one " +
    "before, which stays accountable for one dispute window. A new beneficiary counts at once if the present one sends " +
    "it, else after the registry's delay. Set the commission before you stake: under delegators it rises slowly.",
  settings: [
    ...chainSettings,
    "wallet.keystore",
    "wallet.passwordFile",
    "agent.keystore",
    "agent.passwordFile",
    "relay.publicUrl",
    "relay.pricePerGiB",
    "relay.region",
  ],
  options: [
    ...sendOptions,
    { flag: "new-agent", about: "appoint the key of agent.keystore" },
    { flag: "beneficiary", placeholder: "<address>", about: "who receives the earnings from now on" },
    { flag: "commission", placeholder: "<percent>", about: "what you keep of your delegators' rewards" },
    { flag: "metadata", placeholder: "<uri>", about: "further description of the relay" },
  ],
  examples: [
    ["weir operator update --public-url https://relay.example", "the relay moved"],
    ["weir operator update --new-agent", "the agent's key was stolen, or slashed for"],
    ["weir operator update --commission 5", "keep 5% of what delegators earn"],
  ],
  run: async (context) =>
    transact(context, async (sending) => {
      const { client, deployment, sender } = sending;
      assertOperator(context, sender);
      const record = await readOperator(client, { deployment, operator: sender });
      const listing = wantedListing(context, sending, record.listing);
      const changed = (Object.keys(listing) as (keyof Listing)[]).filter((key) => listing[key] !== record.listing[key]);
      const steps = [
        ...(changed.length === 0
          ? []
          : [step(`update ${changed.join(", ")}`, updateListingCall, updateListingSync, { deployment, listing })]),
        ...(await agentSteps(context, sending, record)),
        ...beneficiarySteps(context, sending, record),
        ...(await commissionSteps(context, sending)),
      ];
      return { steps, outcome: () => ({ operator: sender, changes: steps.length }) };
    }),
};

function wantedListing({ config, option }: CommandContext, { deployment }: Sending, present: Listing): Listing {
  const price = config.get("relay.pricePerGiB");
  const isRegionSet = config.sourceOf("relay.region") !== "the default";
  return {
    pricePerGiB: price === undefined ? present.pricePerGiB : parseTokens(price, deployment, "relay.pricePerGiB"),
    endpoint: config.get("relay.publicUrl") ?? present.endpoint,
    region: isRegionSet ? config.require("relay.region") : present.region,
    metadataURI: option("metadata") ?? present.metadataURI,
  };
}

async function agentSteps(context: CommandContext, sending: Sending, record: OperatorRecord): Promise<Step[]> {
  if (!context.isOn("new-agent")) return [];
  const { deployment, sender } = sending;
  const { account, key } = await openKey(context, "agent");
  const agent = account.address;
  if (isSameAddress(agent, record.agent)) return [];
  const signature = await signAgent(privateKeySigner(key), { deployment, operator: sender });
  return [step(`appoint the agent ${agent}`, setAgentCall, setAgentSync, { deployment, agent, signature })];
}

function beneficiarySteps(context: CommandContext, { deployment, sender }: Sending, record: OperatorRecord): Step[] {
  const beneficiary = addressOption(context, "beneficiary");
  if (beneficiary === undefined || isSameAddress(beneficiary, record.beneficiary)) return [];
  const receivesItself = isSameAddress(record.beneficiary, zeroAddress) || isSameAddress(record.beneficiary, sender);
  if (receivesItself) {
    const options = { deployment, operator: sender, beneficiary };
    return [step(`send earnings to ${beneficiary}`, setBeneficiaryCall, setBeneficiarySync, options)];
  }
  const title = `propose ${beneficiary} for the earnings, after the registry's delay`;
  return [step(title, proposeBeneficiaryCall, proposeBeneficiarySync, { deployment, beneficiary })];
}

async function commissionSteps({ option }: CommandContext, { client, deployment, sender }: Sending): Promise<Step[]> {
  const typed = option("commission");
  if (typed === undefined) return [];
  const commissionBps = parsePercent(typed, "commission");
  const stake = await readOperatorStake(client, { deployment, operator: sender });
  if (stake.commissionBps === commissionBps) return [];
  const title = `commission ${showPercent(stake.commissionBps)} to ${showPercent(commissionBps)}`;
  return [step(title, setCommissionCall, setCommissionSync, { deployment, commissionBps })];
}
