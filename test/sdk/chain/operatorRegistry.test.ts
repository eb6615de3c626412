import { expect } from "chai";
import { zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import {
  cancelBeneficiaryProposal,
  cancelBeneficiaryProposalCall,
  cancelBeneficiaryProposalSync,
  clearAgent,
  clearAgentCall,
  clearAgentSync,
  deregister,
  deregisterCall,
  deregisterSync,
  proposeBeneficiary,
  proposeBeneficiaryCall,
  proposeBeneficiarySync,
  readAccountableOperator,
  readAgent,
  readAgentRecord,
  readBeneficiary,
  readIsAgent,
  readIsRegistered,
  readOperator,
  readOperators,
  readPendingBeneficiary,
  readRegistryParameters,
  register,
  registerCall,
  registerSync,
  setAgent,
  setAgentCall,
  setAgentSync,
  setBeneficiary,
  setBeneficiaryCall,
  setBeneficiarySync,
  signAgent,
  updateListing,
  updateListingCall,
  updateListingSync,
} from "../../../sdk/chain/index.ts";
import type { Listing } from "../../../sdk/chain/index.ts";
import { privateKeySigner } from "../../../sdk/core/index.ts";
import type { Address } from "../../../sdk/core/index.ts";
import { startLocalDeployment } from "../../../scripts/local/localDeployment.ts";
import type { LocalDeployment, LocalWallet } from "../../../scripts/local/localDeployment.ts";
import { itHasThreeForms } from "./threeForms.ts";

const DISPUTE_WINDOW = 172_800n;
const BENEFICIARY_DELAY = 2_592_000n;

const listing: Listing = {
  pricePerGiB: 20_000_000_000_000_000n,
  endpoint: "https://relay.example/",
  region: "eu-north",
  metadataURI: "ipfs://metadata",
};

describe("operator registry", () => {
  let local: LocalDeployment;
  let reader: LocalWallet;
  const beneficiary = privateKeyToAccount(`0x${"0b".repeat(32)}`).address;

  before(async () => {
    local = await startLocalDeployment({ disputeWindow: DISPUTE_WINDOW });
    reader = local.wallet(9);
  });
  after(async () => local.stop());

  /** A wallet with gas that was never an operator. */
  async function newOperator(): Promise<LocalWallet> {
    const account = privateKeyToAccount(generatePrivateKey());
    await local.testClient.setBalance({ address: account.address, value: 10n ** 18n });
    return local.wallet(account);
  }

  async function newAgent(operator: LocalWallet) {
    const key = privateKeyToAccount(generatePrivateKey());
    const { deployment } = local;
    return {
      agent: key.address,
      signature: await signAgent(key, { deployment, operator: operator.account.address }),
    };
  }

  /** A registered operator, its agent, and the options of actions that take nothing else. */
  async function registered(of: Address = zeroAddress) {
    const client = await newOperator();
    const { agent, signature } = await newAgent(client);
    await registerSync(client, { deployment: local.deployment, listing, beneficiary: of, agent, signature });
    return { client, agent, operator: client.account.address, options: { deployment: local.deployment, agent } };
  }

  const nextBlockAt = async (): Promise<bigint> => {
    const { timestamp } = await local.publicClient.getBlock();
    await local.testClient.setNextBlockTimestamp({ timestamp: timestamp + 60n });
    return timestamp + 60n;
  };

  describe("register", () => {
    itHasThreeForms(
      { call: registerCall, send: register, sync: registerSync },
      async () => {
        const client = await newOperator();
        const { deployment } = local;
        return { client, options: { deployment, listing, beneficiary, ...(await newAgent(client)) } };
      },
      ({ agent }, { account: { address: operator } }) => [
        { eventName: "OperatorRegistered", args: { operator } },
        { eventName: "ListingUpdated", args: { operator, listing } },
        { eventName: "BeneficiarySet", args: { operator, beneficiary } },
        { eventName: "AgentSet", args: { operator, agent } },
      ],
      async ({ receipt }, { agent, deployment }) => {
        const { from: operator } = receipt;
        const record = await readOperator(reader, { deployment, operator });
        expect(record.operator.toLowerCase()).to.equal(operator);
        expect(record).to.deep.include({ agent, beneficiary, listing });
      },
    );

    it("takes the consent of a raw session signer as well", async () => {
      const client = await newOperator();
      const key = privateKeySigner(generatePrivateKey());
      const { deployment } = local;
      const signature = await signAgent(key, { deployment, operator: client.account.address });
      const options = { deployment, listing, beneficiary: zeroAddress, agent: key.address, signature };
      const { events } = await registerSync(client, options);
      expect(events.map(({ eventName }) => eventName)).to.deep.equal([
        "OperatorRegistered",
        "ListingUpdated",
        "AgentSet",
      ]);
    });
  });

  describe("updateListing", () => {
    const cheaper = { ...listing, pricePerGiB: 1n, region: "" };
    itHasThreeForms(
      { call: updateListingCall, send: updateListing, sync: updateListingSync },
      async () => {
        const { client } = await registered();
        return { client, options: { deployment: local.deployment, listing: cheaper } };
      },
      (_, { account: { address: operator } }) => [
        { eventName: "ListingUpdated", args: { operator, listing: cheaper } },
      ],
    );
  });

  describe("setAgent", () => {
    itHasThreeForms(
      { call: setAgentCall, send: setAgent, sync: setAgentSync },
      async () => {
        const { agent: previous, client } = await registered();
        const accountableUntil = (await nextBlockAt()) + DISPUTE_WINDOW;
        const { deployment } = local;
        return { client, options: { deployment, previous, accountableUntil, ...(await newAgent(client)) } };
      },
      ({ accountableUntil, agent, previous }, { account: { address: operator } }) => [
        { eventName: "AgentRevoked", args: { operator, agent: previous, accountableUntil } },
        { eventName: "AgentSet", args: { operator, agent } },
      ],
    );
  });

  describe("clearAgent", () => {
    itHasThreeForms(
      { call: clearAgentCall, send: clearAgent, sync: clearAgentSync },
      async () => {
        const { client, options } = await registered();
        return { client, options: { ...options, accountableUntil: (await nextBlockAt()) + DISPUTE_WINDOW } };
      },
      ({ accountableUntil, agent }, { account: { address: operator } }) => [
        { eventName: "AgentRevoked", args: { operator, agent, accountableUntil } },
      ],
    );
  });

  describe("deregister", () => {
    itHasThreeForms(
      { call: deregisterCall, send: deregister, sync: deregisterSync },
      async () => {
        const { client, options } = await registered();
        return { client, options: { ...options, accountableUntil: (await nextBlockAt()) + DISPUTE_WINDOW } };
      },
      ({ accountableUntil, agent }, { account: { address: operator } }) => [
        { eventName: "AgentRevoked", args: { operator, agent, accountableUntil } },
        { eventName: "OperatorDeregistered", args: { operator } },
      ],
    );
  });

  describe("setBeneficiary", () => {
    itHasThreeForms(
      { call: setBeneficiaryCall, send: setBeneficiary, sync: setBeneficiarySync },
      async () => {
        const client = await newOperator();
        const operator = client.account.address;
        return { client, options: { deployment: local.deployment, operator, beneficiary } };
      },
      ({ operator }) => [{ eventName: "BeneficiarySet", args: { operator, beneficiary } }],
      async (_, { deployment, operator }) => {
        expect(await readBeneficiary(reader, { deployment, operator })).to.equal(beneficiary);
      },
    );
  });

  describe("proposeBeneficiary", () => {
    itHasThreeForms(
      { call: proposeBeneficiaryCall, send: proposeBeneficiary, sync: proposeBeneficiarySync },
      async () => {
        const client = await newOperator();
        const effectiveAt = (await nextBlockAt()) + BENEFICIARY_DELAY;
        return { client, options: { deployment: local.deployment, beneficiary, effectiveAt } };
      },
      ({ effectiveAt }, { account: { address: operator } }) => [
        { eventName: "BeneficiaryProposed", args: { operator, beneficiary, effectiveAt } },
      ],
    );
  });

  describe("cancelBeneficiaryProposal", () => {
    itHasThreeForms(
      { call: cancelBeneficiaryProposalCall, send: cancelBeneficiaryProposal, sync: cancelBeneficiaryProposalSync },
      async () => {
        const client = await newOperator();
        const options = { deployment: local.deployment, operator: client.account.address, beneficiary };
        await proposeBeneficiarySync(client, options);
        const pending = await readPendingBeneficiary(reader, options);
        expect(pending?.beneficiary).to.equal(beneficiary);
        return { client, options };
      },
      ({ operator }) => [{ eventName: "BeneficiaryProposalCancelled", args: { operator, beneficiary } }],
      async (_, options) => {
        expect(await readPendingBeneficiary(reader, options)).to.equal(undefined);
      },
    );
  });

  describe("reads", () => {
    it("follow an agent from its appointment past its accountability", async () => {
      const { deployment } = local;
      const { agent, client, operator } = await registered();
      expect(await readIsRegistered(reader, { deployment, operator })).to.equal(true);
      expect(await readAgent(reader, { deployment, operator })).to.equal(agent);
      expect(await readIsAgent(reader, { deployment, operator, agent })).to.equal(true);
      expect(await readAgentRecord(reader, { deployment, agent })).to.deep.equal({ operator, revokedAt: 0n });
      expect(await readAccountableOperator(reader, { deployment, agent })).to.equal(operator);

      const revokedAt = await nextBlockAt();
      await clearAgentSync(client, { deployment });
      expect(await readAgent(reader, { deployment, operator })).to.equal(zeroAddress);
      expect(await readIsAgent(reader, { deployment, operator, agent })).to.equal(false);
      expect(await readAgentRecord(reader, { deployment, agent })).to.deep.equal({ operator, revokedAt });
      expect(await readAccountableOperator(reader, { deployment, agent })).to.equal(operator);

      await local.sleep(Number(DISPUTE_WINDOW));
      expect(await readAccountableOperator(reader, { deployment, agent })).to.equal(undefined);
    });

    it("know nothing of a stranger", async () => {
      const { deployment } = local;
      const operator = reader.account.address;
      expect(await readIsRegistered(reader, { deployment, operator })).to.equal(false);
      expect(await readAgentRecord(reader, { deployment, agent: operator })).to.equal(undefined);
      expect(await readBeneficiary(reader, { deployment, operator })).to.equal(zeroAddress);
    });

    it("page through all operators at one block", async () => {
      const { deployment } = local;
      for (let i = 0; i < 5; i++) await registered();
      const all = await readOperators(reader, { deployment, pageSize: 2n });
      expect(BigInt(all.operators.length)).to.equal(all.total);
      expect(new Set(all.operators.map(({ operator }) => operator)).size).to.equal(all.operators.length);
      await registered();
      const { blockNumber } = all;
      const middle = await readOperators(reader, { deployment, offset: 1n, limit: 3n, pageSize: 2n, blockNumber });
      expect(middle).to.deep.equal({ operators: all.operators.slice(1, 4), total: all.total, blockNumber });
      const past = await readOperators(reader, { deployment, offset: 1_000n });
      expect(past.operators).to.deep.equal([]);
      expect(past.total).to.equal(all.total + 1n);
    });

    it("state the parameters", async () => {
      expect(await readRegistryParameters(reader, { deployment: local.deployment })).to.deep.equal({
        disputeWindow: DISPUTE_WINDOW,
        beneficiaryDelay: BENEFICIARY_DELAY,
      });
    });
  });
});
