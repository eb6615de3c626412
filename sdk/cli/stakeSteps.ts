import {
  approveCall,
  approveSync,
  readStake,
  readTokenAllowance,
  unbondCall,
  unbondSync,
  withdrawStakeCall,
  withdrawStakeSync,
} from "../chain/index.ts";
import type { WeirEvent } from "../chain/index.ts";
import type { Address } from "../core/index.ts";
import { assertTokens } from "./assertTokens.ts";
import { CliError } from "./cliError.ts";
import { parseTokens, showTokens, tokensOf } from "./connect.ts";
import { chainTime, showTime, unbondingsOf } from "./operator.ts";
import { step } from "./transact.ts";
import type { Plan, Sending, Step } from "./transact.ts";

/**
 * Lets the stake manager take so much from the sender, if it may not yet.
 *
 * @throws CliError `failed` if the sender has too little
 */
export async function approvalSteps(sending: Sending, amount: bigint): Promise<Step[]> {
  const { client, deployment, sender } = sending;
  await assertTokens(sending, sender, amount);
  const spender = "stakeManager";
  const allowance = await readTokenAllowance(client, { deployment, owner: sender, spender });
  if (allowance >= amount) return [];
  const title = `approve ${showTokens(amount, deployment)}`;
  return [step(title, approveCall, approveSync, { deployment, spender, amount })];
}

/**
 * Begins to take the sender's stake behind an operator out.
 *
 * @param typed tokens, or `all`
 */
export async function unbondPlan(sending: Sending, operator: Address, typed: string): Promise<Plan> {
  const { client, deployment, sender } = sending;
  const held = await readStake(client, { deployment, operator, holder: sender });
  const amount = typed === "all" ? held.amount : parseTokens(typed, deployment, "the amount");
  if (amount > held.amount) {
    const message = `${sender} has ${showTokens(held.amount, deployment)} behind ${operator}`;
    throw new CliError("failed", message, "Name a smaller amount, or: all");
  }
  if (amount === 0n) return { steps: [], facts: [["behind", operator]] };
  // Rounded up: what comes out is never less than what was asked for.
  const shares = amount === held.amount ? held.shares : (amount * held.shares + held.amount - 1n) / held.amount;
  const title = `unbond ${showTokens(amount, deployment)}`;
  return {
    steps: [step(title, unbondCall, unbondSync, { deployment, operator, shares })],
    facts: [["behind", operator]],
    outcome: (events) => unbondOutcome(events, sending),
  };
}

/**
 * Takes out what the sender unbonded and may have by now.
 *
 * @param own its own stake as an operator, or what it delegated to others
 * @param typed which one; every one that is ripe if left out
 */
export async function withdrawPlan(sending: Sending, own: boolean, typed: string | undefined): Promise<Plan> {
  const { deployment, sender } = sending;
  const now = await chainTime(sending);
  const pending = await unbondingsOf(sending, sender, own);
  if (typed !== undefined && !pending.some(({ index }) => String(index) === typed)) {
    const cure = "The status command lists what is on its way out.";
    throw new CliError("usage", `there is nothing to withdraw under the number ${typed}`, cure);
  }
  const chosen = pending.filter(({ index }) => typed === undefined || String(index) === typed);
  const ripe = chosen.filter(({ endsAt }) => endsAt <= now);
  const waiting = chosen.filter(({ endsAt }) => endsAt > now);
  return {
    steps: ripe.map(({ amount, index }) =>
      step(`withdraw ${showTokens(amount, deployment)}`, withdrawStakeCall, withdrawStakeSync, { deployment, index }),
    ),
    facts: waiting.map(({ amount, endsAt }) => [showTokens(amount, deployment), `not before ${showTime(endsAt)}`]),
    outcome: (events) => ({
      withdrawn: tokensOf(
        events.reduce((sum, event) => sum + (event.eventName === "StakeWithdrawn" ? event.args.amount : 0n), 0n),
        deployment,
      ),
      waiting: waiting.length,
    }),
  };
}

function unbondOutcome(events: readonly WeirEvent[], { deployment }: Sending): object {
  const started = events.find((event) => event.eventName === "UnbondingStarted");
  if (started === undefined) return {};
  const { amount, endsAt, index } = started.args;
  return { index: Number(index), amount: tokensOf(amount, deployment), withdrawableFrom: showTime(endsAt) };
}
