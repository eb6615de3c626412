import { expect } from "chai";
import { simulateContract, waitForTransactionReceipt } from "viem/actions";
import { decodeEvents, getWeirEvents } from "../../../sdk/chain/index.ts";
import type {
  ContractCall,
  SyncResult,
  WeirEvent,
  WeirEventName,
  WriteAction,
  WriteClient,
  WriteSyncAction,
} from "../../../sdk/chain/index.ts";
import type { Deployment } from "../../../sdk/core/index.ts";

/** The three forms of one action. */
export interface Forms<Options, Name extends WeirEventName> {
  readonly call: (options: Options) => ContractCall;
  readonly send: WriteAction<Options>;
  readonly sync: WriteSyncAction<Options, Name>;
}

/** A state in which the action succeeds, made anew for each form. */
export interface Arranged<Options> {
  readonly client: WriteClient;
  readonly options: Options;
}

/**
 * Tests that all forms of an action do the same: the call simulates, the sent transaction is mined, and what it emitted is
 * what `expected` says. Answers the result of the `Sync` form to whoever wants to look closer.
 */
export function itHasThreeForms<Options extends { readonly deployment: Deployment }, const Name extends WeirEventName>(
  { call, send, sync }: Forms<Options, Name>,
  arrange: () => Promise<Arranged<Options>>,
  expected: (options: Options, client: WriteClient) => readonly Partial<WeirEvent>[],
  afterwards: (result: SyncResult<Name>, options: Options) => Promise<void> | void = () => undefined,
): void {
  it("makes a call that a node accepts, and changes nothing", async () => {
    const { client, options } = await arrange();
    const { account } = client;
    const { request } = await simulateContract(client, { ...call(options), account });
    expect(request.functionName).to.equal(call(options).functionName);
    const logs = await getWeirEvents(client, { deployment: options.deployment });
    const again = await simulateContract(client, { ...call(options), account });
    expect(again.request.args).to.deep.equal(request.args);
    expect(await getWeirEvents(client, { deployment: options.deployment })).to.deep.equal(logs);
  });

  it("sends and answers the hash", async () => {
    const { client, options } = await arrange();
    const hash = await send(client, options);
    const receipt = await waitForTransactionReceipt(client, { hash });
    expect(receipt.status).to.equal("success");
    expect(briefly(decodeEvents(receipt.logs, options))).to.deep.equal(expected(options, client));
  });

  it("sends, waits and answers what happened", async () => {
    const { client, options } = await arrange();
    const hashes: string[] = [];
    const result = await sync(client, { ...options, onHash: (hash) => hashes.push(hash) });
    expect(hashes).to.deep.equal([result.receipt.transactionHash]);
    expect(briefly(result.events)).to.deep.equal(expected(options, client));
    await afterwards(result, options);
  });
}

/** Events without their place on the chain. */
export function briefly(events: readonly WeirEvent[]): Pick<WeirEvent, "eventName" | "args">[] {
  return events.map(({ args, eventName }) => ({ eventName, args }));
}
