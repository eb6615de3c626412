import { assumptions } from "./assumptions.ts";
import { attacks, facts, toEconomics, yields } from "./economics.ts";
import type { Economics, EconomicsInput } from "./economics.ts";

/** Where the page is. */
export const economicsPageUrl = new URL("../../docs/economics.md", import.meta.url);

type Block = (economics: Economics) => string;

/** What the page computes, by the name that its markers have. */
const blocks: Readonly<Record<string, Block>> = {
  parameters: (economics) =>
    table(
      ["parameter", "value"],
      [
        ["`FEE_BPS` of settlements", percent(economics.fee)],
        ["`RHO_BPS`", percent(economics.curve.rho)],
        ["`LAMBDA`", String(economics.curve.lambda)],
        ["`MIN_SELF_STAKE`", `${number(economics.minSelfStake)} tokens`],
        ["`SLASH_AMOUNT`", `${number(economics.slashAmount)} tokens`],
        ["`REPORTER_BPS`", percent(economics.reporter)],
        ["`DELEGATION_RATIO`", String(economics.delegationRatio)],
        ["`EPOCH_LENGTH`", `${number(economics.epochDays)} days`],
        ["`DISPUTE_WINDOW`", `${number(economics.disputeDays)} days`],
        ["`UNBONDING_PERIOD`", `${number(economics.unbondingDays)} days`],
      ],
    ),
  yields: (economics) =>
    table(
      ["stake, over what is sold in an epoch", "of the fees comes back", "of the stake, in a year"],
      yields(economics).map(({ ratio, returned, perYear }) => [String(ratio), percent(returned), percent(perYear)]),
    ),
  attacks: (economics) =>
    table(
      ["attack", "how", "costs", "gains", "result"],
      attacks(economics).map(({ costs, gains, how, name }) => {
        if (gains >= costs) throw new Error(`at these parameters this pays: ${name}`);
        return [name, how, number(costs), number(gains), number(gains - costs)];
      }),
    ),
  facts: (economics) => {
    const all = facts(economics);
    const { capitalPerYear, coinUsd, tokenUsd } = assumptions;
    return list([
      `A slash takes what ${number(all.slashInGiB)} GiB cost.`,
      `A reporter gets ${number(all.reporterCut)} tokens for ${number(all.reportGas)} gas (commit and report): worth it up to ${number(all.breakEvenGwei)} gwei if a token is worth ${tokenUsd} dollar and a coin ${number(coinUsd)}.`,
      `Whoever starts to unbond and replaces his agent at the same moment is liable for ${number(all.marginDays)} days longer than the agent is.`,
      `To hold the least stake costs ${number(all.minStakePerYear)} tokens a year, if capital earns ${percent(capitalPerYear)} elsewhere.`,
      `Of the stake that counts for an operator's rewards at least ${percent(all.leastOwnPart)} is its own.`,
      `An operator with the least stake pays for ${all.proofsBeforeDelegators} proofs before its delegators pay for any.`,
      `An operator that wants to ruin delegators who trust it with ${number(economics.delegationRatio)} times the least stake gives up its own ${number(economics.minSelfStake)} tokens and ${number(all.proofsUntilRuin)} agent keys, and gains nothing by it.`,
      `It takes ${all.epochsForTenPoints} epochs to raise a commission by ten points under delegators.`,
    ]);
  },
};

/** The page, with its figures computed anew. */
export function economicsPage(text: string, input: EconomicsInput): string {
  const economics = toEconomics(input);
  return Object.entries(blocks).reduce((page, [name, block]) => {
    const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
    const [from, until] = [page.indexOf(begin), page.indexOf(end)];
    if (from === -1 || until < from) throw new Error(`docs/economics.md has no place for the ${name}`);
    return `${page.slice(0, from + begin.length)}\n${block(economics)}\n${page.slice(until)}`;
  }, text);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}\n`).join("");
}

function number(value: number): string {
  const digits = Math.abs(value) >= 1_000 ? 0 : 2;
  return value !== 0 && Math.abs(value) < 0.01
    ? value.toLocaleString("en-US", { maximumSignificantDigits: 2 })
    : value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

function percent(part: number): string {
  return `${(100 * part).toLocaleString("en-US", { maximumFractionDigits: 1 })}%`;
}
