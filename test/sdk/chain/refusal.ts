import { expect } from "chai";
import { isContractError } from "../../../sdk/chain/index.ts";
import type { ContractError } from "../../../sdk/chain/index.ts";
import { errorCatalogue } from "../../../sdk/core/index.ts";
import type { WeirError } from "../../../sdk/core/index.ts";

/** The `ContractError` that an action ends with. */
export async function refusal(action: Promise<unknown>): Promise<ContractError> {
  try {
    await action;
  } catch (error) {
    if (isContractError(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** What an action is refused with: the SDK's code, the contract's error and its arguments. */
export async function expectRefusal(
  action: Promise<unknown>,
  code: WeirError["code"],
  errorName: string,
  args: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { cure, ...error } = await refusal(action);
  expect({ code: error.code, errorName: error.errorName, args: error.args }).to.deep.equal({ code, errorName, args });
  expect(cure).not.to.equal(errorCatalogue["contract-reverted"].cure);
}
