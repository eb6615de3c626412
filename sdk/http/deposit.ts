import type { Address, Hex } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";
import { asAddress, asBytes32, asSignature, asUint, asUintNumber } from "./fields.ts";
import { MAX_BODY_BYTES } from "./headers.ts";
import { asObject, parseJsonObject } from "./json.ts";

/** A deposit that a wallet signed and a relay is asked to send (H9). It names everything: nobody can turn it elsewhere. */
export interface SignedDeposit {
  /** The session key whose account is credited. */
  readonly signer: Address;
  /** The wallet that owns, or will own, the account. */
  readonly owner: Address;
  /** Token base units. */
  readonly amount: bigint;
  /** The session key's `Session(owner)`, while the account is not open. */
  readonly session?: Hex | undefined;
  /** The wallet's ERC-3009 authorization. */
  readonly authorization: {
    readonly from: Address;
    /** Seconds since the epoch. */
    readonly validAfter: bigint;
    readonly validBefore: bigint;
    readonly salt: Hex;
    /** 65 bytes of a plain key, or whatever a contract wallet makes. */
    readonly signature: Hex;
  };
}

/** What a relay answers once the transaction is written down and sent (H9). */
export interface DepositAnswer {
  /** Of the transaction as it was sent first; one with a higher fee may take its place. */
  readonly hash: Hex;
}

/** Characters of the longest signature of a contract wallet that is carried. */
const MAX_SIGNATURE = 2 + 2 * 2_048;

/** The body of a deposit post, as JSON text. */
export function encodeSignedDeposit({ amount, authorization, owner, session, signer }: SignedDeposit): string {
  const { from, salt, signature, validAfter, validBefore } = authorization;
  return JSON.stringify({
    ...{ signer, owner, amount: amount.toString() },
    ...(session === undefined ? {} : { session }),
    authorization: {
      ...{ from, validAfter: validAfter.toString(), validBefore: validBefore.toString(), salt, signature },
    },
  });
}

/**
 * The deposit in a body, with its form checked; whether it is good is for the chain to say.
 *
 * @throws WeirError `oversized-message`, `malformed-message`, `bad-signature`
 */
export function parseSignedDeposit(body: string | Uint8Array, maxBodyBytes = MAX_BODY_BYTES): SignedDeposit {
  const json = parseJsonObject(body, "deposit", maxBodyBytes);
  const authorization = asObject(json["authorization"], "authorization");
  const { session } = json;
  return {
    signer: asAddress(json["signer"], "signer"),
    owner: asAddress(json["owner"], "owner"),
    amount: asUint(json["amount"], 96, "amount"),
    ...(session === undefined ? {} : { session: asSignature(session, "session") }),
    authorization: {
      from: asAddress(authorization["from"], "authorization.from"),
      validAfter: BigInt(asUintNumber(authorization["validAfter"], 48, "authorization.validAfter")),
      validBefore: BigInt(asUintNumber(authorization["validBefore"], 48, "authorization.validBefore")),
      salt: asBytes32(authorization["salt"], "authorization.salt"),
      signature: asWalletSignature(authorization["signature"]),
    },
  };
}

/** The body of the answer, as JSON text. */
export function encodeDepositAnswer({ hash }: DepositAnswer): string {
  return JSON.stringify({ hash });
}

/**
 * The answer to a deposit post, with its form checked. Only the chain says whether the deposit was made.
 *
 * @throws WeirError `oversized-message`, `malformed-message`
 */
export function parseDepositAnswer(body: string | Uint8Array): DepositAnswer {
  return { hash: asBytes32(parseJsonObject(body, "deposit answer", MAX_BODY_BYTES)["hash"], "hash") };
}

function asWalletSignature(value: unknown): Hex {
  if (typeof value === "string" && value.length <= MAX_SIGNATURE && /^0x(?:[0-9a-fA-F]{2})+$/.test(value)) {
    return value.toLowerCase() as Hex;
  }
  throw new WeirError("malformed-message", "authorization.signature is not 0x hex of 1 to 2048 bytes");
}
