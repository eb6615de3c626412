import { TransactionReceiptNotFoundError, encodeDeployData, isAddressEqual, keccak256 } from "viem";
import type { Abi, Account, Address, Chain, Client, Hex, LocalAccount, TransactionReceipt, Transport } from "viem";
import {
  getTransaction,
  getTransactionCount,
  getTransactionReceipt,
  prepareTransactionRequest,
  sendRawTransaction,
  waitForTransactionReceipt,
} from "viem/actions";
import type { TransactionOverrides } from "../../sdk/chain/index.ts";
import type { DeploymentJournal, JournalEntry } from "./deploymentJournal.ts";

/** A client whose account signs in this process, so that a creation can be written down before it is sent. */
export type DeployClient = Client<Transport, Chain | undefined, LocalAccount>;

/** One contract to create. */
export interface ContractCreation {
  /** Its name in the journal and in messages. */
  readonly step: string;
  readonly abi: Abi;
  readonly bytecode: Hex;
  readonly args: readonly unknown[];
}

/** How to create it. */
export interface CreationOptions {
  readonly journal: DeploymentJournal;
  readonly transaction?: TransactionOverrides | undefined;
  readonly confirmations?: number | undefined;
}

/** A contract that was created. */
export interface CreatedContract {
  readonly address: Address;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
  readonly transactionHash: Hex;
}

/**
 * Creates a contract, once: what the journal says was sent is looked for, sent again if it got lost, and never replaced
 * by a second creation while the first may still be mined.
 *
 * @throws Error if the journal holds a creation of something else, or if the chain holds another creation than was meant
 */
export async function deployContract(
  client: DeployClient,
  creation: ContractCreation,
  options: CreationOptions,
): Promise<CreatedContract> {
  const { abi, args, bytecode, step } = creation;
  const { confirmations = 1, journal } = options;
  const data = encodeDeployData({ abi, bytecode, args });
  const entry = (await openEntry(client, step, data, journal)) ?? (await newEntry(client, step, data, options));
  const hash = entry.transactionHash;
  if ((await findReceipt(client, hash)) === undefined) await broadcast(client, entry);
  const receipt = await waitForTransactionReceipt(client, { hash, confirmations, checkReplacement: false });
  const { blockNumber, contractAddress: address, gasUsed, status } = receipt;
  if (status === "reverted" || typeof address !== "string") throw new Error(`${step}: the creation ${hash} reverted`);
  const { from, input } = await getTransaction(client, { hash });
  if (input !== data || !isAddressEqual(from, client.account.address)) {
    throw new Error(`${step}: the transaction ${hash} created something else`);
  }
  return { address, blockNumber, gasUsed, transactionHash: hash };
}

/**
 * The nonce with which a contract was or will be created, if the deployer sends nothing else before: it decides the
 * contract's address.
 */
export async function nonceOf(client: DeployClient, step: string, journal: DeploymentJournal): Promise<number> {
  const { address } = client.account;
  const entry = journal.read(step);
  const open = entry !== undefined && (await isOpen(client, entry));
  return open ? entry.nonce : getTransactionCount(client, { address, blockTag: "pending" });
}

/** The journal's creation, unless another transaction took its place. */
async function openEntry(
  client: DeployClient,
  step: string,
  data: Hex,
  journal: DeploymentJournal,
): Promise<JournalEntry | undefined> {
  const entry = journal.read(step);
  if (entry === undefined || !(await isOpen(client, entry))) return undefined;
  if (entry.dataHash !== keccak256(data) || !isAddressEqual(entry.deployer, client.account.address)) {
    throw new Error(
      `${step}: an unfinished deployment has another build, other arguments or another deployer. ` +
        "Finish it with those, or delete its journal to give it up.",
    );
  }
  return entry;
}

/** Whether a creation was mined, or still can be: not if another transaction took its place. */
async function isOpen(client: DeployClient, { deployer, nonce, transactionHash }: JournalEntry): Promise<boolean> {
  if ((await findReceipt(client, transactionHash)) !== undefined) return true;
  return (await getTransactionCount(client, { address: deployer, blockTag: "latest" })) <= nonce;
}

async function newEntry(
  client: DeployClient,
  step: string,
  data: Hex,
  { journal, transaction: overrides = {} }: CreationOptions,
): Promise<JournalEntry> {
  const { account } = client;
  const request = await prepareTransactionRequest(client, {
    account,
    chain: client.chain ?? null,
    data,
    ...overrides,
  } as Parameters<typeof prepareTransactionRequest>[1]);
  const transaction = await account.signTransaction(request as Parameters<LocalAccount["signTransaction"]>[0]);
  const entry = {
    dataHash: keccak256(data),
    deployer: account.address,
    nonce: request.nonce,
    transactionHash: keccak256(transaction),
    transaction,
  };
  journal.write(step, entry);
  return entry;
}

/** A node that has the transaction already refuses it; that it is there is all that matters. */
async function broadcast(client: Client<Transport, Chain | undefined, Account>, entry: JournalEntry): Promise<void> {
  try {
    await sendRawTransaction(client, { serializedTransaction: entry.transaction });
  } catch (error) {
    const known = await getTransaction(client, { hash: entry.transactionHash }).catch(() => undefined);
    if (known === undefined) throw error;
  }
}

async function findReceipt(client: DeployClient, hash: Hex): Promise<TransactionReceipt | undefined> {
  try {
    return await getTransactionReceipt(client, { hash });
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined;
    throw error;
  }
}
