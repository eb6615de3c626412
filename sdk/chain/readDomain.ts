import { weirDomain } from "../core/domain.ts";
import type { WeirDomain } from "../core/domain.ts";
import { isSameAddress } from "../core/hex.ts";
import type { Address } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";
import type { ReadClient } from "./clients.ts";
import { isContractError } from "./contractError.ts";
import { readEip712Domain } from "./internal/readEip712Domain.ts";
import type { Eip712Domain } from "./internal/readEip712Domain.ts";
import type { ReadAt } from "./internal/readAction.ts";

/** Options of `readDomain`. */
export interface ReadDomainOptions {
  /** A Weir contract. */
  readonly address: Address;
}

/**
 * The EIP-712 domain that a Weir contract states through EIP-5267. Use it to write a deployment file; to check one, use
 * `verifyDeployment`.
 *
 * @throws WeirError `wrong-contract` unless the contract states a Weir domain of its own with all five fields
 */
export async function readDomain(client: ReadClient, options: ReadDomainOptions & ReadAt): Promise<WeirDomain> {
  const { address } = options;
  const { chainId, extensions, fields, name, salt, verifyingContract, version } = await stated(client, options);
  const domain = weirDomain({ chainId, verifyingContract, salt });
  const isWeir = name === domain.name && version === domain.version && fields === "0x1f" && extensions.length === 0;
  if (!isWeir || !isSameAddress(verifyingContract, address)) {
    throw new WeirError("wrong-contract", "the contract does not state a Weir domain of its own", {
      details: `${address} states name ${JSON.stringify(name)}, version ${JSON.stringify(version)}, fields ${fields}`,
    });
  }
  return domain;
}

async function stated(client: ReadClient, options: ReadDomainOptions & ReadAt): Promise<Eip712Domain> {
  try {
    return await readEip712Domain(client, options);
  } catch (cause) {
    if (!isContractError(cause)) throw cause;
    throw new WeirError("wrong-contract", "the contract states no domain", { details: options.address, cause });
  }
}
