import { privateKeySigner } from "../../sdk/core/index.ts";
import type { Address, Hex, SessionSigner } from "../../sdk/core/index.ts";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { PrivateKeyAccount } from "viem/accounts";

/** How a relay of the demonstration behaves. */
export type Behaviour = "honest" | "corrupting" | "slow";

/** An operator's three keys. */
export interface OperatorKeys {
  /** Who is paid. */
  readonly operator: PrivateKeyAccount;
  readonly agentKey: Hex;
  readonly agent: PrivateKeyAccount;
  /** A cold wallet for the earnings; the operator itself if absent. */
  readonly beneficiary?: Address;
}

/** An operator and the relay it runs. */
export interface RelayPart extends OperatorKeys {
  readonly name: string;
  readonly behaviour: Behaviour;
}

/** A viewer's two keys. */
export interface ViewerKeys {
  readonly owner: PrivateKeyAccount;
  /** The session key. */
  readonly signer: SessionSigner;
}

/** Somebody who is his own viewer and his own operator. */
export interface WashTrader {
  readonly operator: OperatorKeys;
  readonly viewer: ViewerKeys;
}

/** Someone who watches. */
export interface ViewerPart extends ViewerKeys {
  readonly name: string;
  /** Whether the wallet holds no coin and somebody else sends its deposit. */
  readonly gasless: boolean;
}

/** Everybody in the demonstration, with keys made for this run. */
export interface Cast {
  readonly publisher: SessionSigner;
  /** Runs no relay, and earns with one. */
  readonly delegator: PrivateKeyAccount;
  readonly washTrader: WashTrader;
  /** Sends the deposits of gasless viewers. */
  readonly sponsor: PrivateKeyAccount;
  readonly relays: readonly RelayPart[];
  readonly viewers: readonly ViewerPart[];
}

/** @param viewers how many people watch */
export function makeCast(viewers: number): Cast {
  return {
    publisher: privateKeySigner(generatePrivateKey()),
    delegator: newAccount(),
    washTrader: { operator: operatorKeys(), viewer: viewerKeys() },
    sponsor: newAccount(),
    relays: [
      relayPart("north", "honest", newAccount().address),
      relayPart("south", "corrupting"),
      relayPart("west", "slow"),
    ],
    viewers: Array.from({ length: viewers }, (_, index) => ({
      ...viewerKeys(),
      name: `viewer ${index + 1}`,
      gasless: index % 2 === 1,
    })),
  };
}

export function relayPart(name: string, behaviour: Behaviour, beneficiary?: Address): RelayPart {
  return { ...operatorKeys(beneficiary), name, behaviour };
}

function viewerKeys(): ViewerKeys {
  return { owner: newAccount(), signer: privateKeySigner(generatePrivateKey()) };
}

function operatorKeys(beneficiary?: Address): OperatorKeys {
  const agentKey = generatePrivateKey();
  return {
    operator: newAccount(),
    agentKey,
    agent: privateKeyToAccount(agentKey),
    ...(beneficiary === undefined ? {} : { beneficiary }),
  };
}

function newAccount(): PrivateKeyAccount {
  return privateKeyToAccount(generatePrivateKey());
}
