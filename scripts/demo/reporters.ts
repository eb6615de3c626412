import { parseEther } from "viem";
import { claimRewardsSync, getWeirEvents, readDisputeParameters } from "../../sdk/chain/index.ts";
import type { WeirEvent } from "../../sdk/chain/index.ts";
import { createReporter, reporterChain } from "../../sdk/viewer/reporter/index.ts";
import type { Reporter } from "../../sdk/viewer/reporter/index.ts";
import type { LocalDeployment } from "../local/localDeployment.ts";
import type { Cast, ViewerPart } from "./cast.ts";

/** What a report came to. */
export type Slash = WeirEvent<"Slashed">["args"];

/** The viewers that report: those with gas. */
export interface Reporters {
  /** Undefined for a viewer without gas. */
  of(viewer: ViewerPart): Reporter | undefined;
  /** Lets the commitments ripen, and everybody report and take what it gets. */
  report(): Promise<readonly Slash[]>;
  close(): Promise<void>;
}

/** At this rate a transaction is worth much less than what a reporter gets. */
const TOKEN_PER_ETHER = parseEther("3000");

/** Starts a reporter for each viewer that has gas. They wait for the chain's clock, which is set forward when all have watched. */
export function startReporters(local: LocalDeployment, cast: Cast): Reporters {
  const { deployment } = local;
  let ripen = (): void => undefined;
  const ripe = new Promise<void>((resolve) => {
    ripen = resolve;
  });
  const withGas = cast.viewers.filter(({ gasless }) => !gasless);
  const reporters = new Map(
    withGas.map((viewer) => {
      const chain = reporterChain(local.wallet(viewer.owner), deployment);
      const clock = { now: () => Date.now(), wait: async () => ripe };
      return [viewer, createReporter({ deployment, chain, tokenPerEther: TOKEN_PER_ETHER, clock })];
    }),
  );
  return {
    of: (viewer) => reporters.get(viewer),
    async report() {
      const { minCommitAge } = await readDisputeParameters(local.publicClient, { deployment });
      await local.sleep(Number(minCommitAge));
      ripen();
      for (const reporter of reporters.values()) await reporter.idle();
      for (const { owner } of withGas)
        await claimRewardsSync(local.wallet(owner), { deployment, account: owner.address });
      const events = await getWeirEvents(local.publicClient, { deployment, eventNames: ["Slashed"], fromBlock: 0n });
      return events.map(({ args }) => args);
    },
    async close() {
      for (const reporter of reporters.values()) await reporter.close();
    },
  };
}
