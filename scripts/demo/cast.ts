import { privateKeySigner } from "../../sdk/core/index.ts";
import type { Address, Hex, SessionSigner } from "../../sdk/core/index.ts";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { PrivateKeyAccount } from "viem/accounts";

/** How a relay of the demonstration behaves. */
export type Behaviour = "honest" | "corrupting" | "slow";

/** An operator with its three keys. */
export interface RelayPart {
  readonly name: string;
  readonly behaviour: Behaviour;
  /** Who is paid. */
  readonly operator: PrivateKeyAccount;
  readonly agentKey: Hex;
  readonly agent: PrivateKeyAccount;
  /** A cold wallet for the earnings; the operator itself if absent. */
  readonly beneficiary?: Address;
}

/** Someone who watches. */
export interface ViewerPart {
  readonly name: string;
  readonly owner: PrivateKeyAccount;
  /** The session key. */
  readonly signer: SessionSigner;
  /** Whether the wallet holds no coin and somebody else sends its deposit. */
  readonly gasless: boolean;
}

/** Everybody in the demonstration, with keys made for this run. */
export interface Cast {
  readonly publisher: SessionSigner;
  readonly feeCollector: PrivateKeyAccount;
  /** Sends the deposits of gasless viewers. */
  readonly sponsor: PrivateKeyAccount;
  readonly relays: readonly RelayPart[];
  readonly viewers: readonly ViewerPart[];
}

/** @param viewers how many people watch */
export function makeCast(viewers: number): Cast {
  return {
    publisher: privateKeySigner(generatePrivateKey()),
    feeCollector: newAccount(),
    sponsor: newAccount(),
    relays: [
      makeRelay("north", "honest", newAccount().address),
      makeRelay("south", "corrupting"),
      makeRelay("west", "slow"),
    ],
    viewers: Array.from({ length: viewers }, (_, index) => ({
      name: `viewer ${index + 1}`,
      owner: newAccount(),
      signer: privateKeySigner(generatePrivateKey()),
      gasless: index % 2 === 0,
    })),
  };
}

function makeRelay(name: string, behaviour: Behaviour, beneficiary?: Address): RelayPart {
  const agentKey = generatePrivateKey();
  return {
    name,
    behaviour,
    operator: newAccount(),
    agentKey,
    agent: privateKeyToAccount(agentKey),
    ...(beneficiary === undefined ? {} : { beneficiary }),
  };
}

function newAccount(): PrivateKeyAccount {
  return privateKeyToAccount(generatePrivateKey());
}
