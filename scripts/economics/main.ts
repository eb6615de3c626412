import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { createClient, http } from "viem";
import { verifyDeployment } from "../../sdk/chain/index.ts";
import type { ReadClient } from "../../sdk/chain/index.ts";
import type { Deployment } from "../../sdk/core/index.ts";
import { readDeployment } from "../deploy/deploymentFile.ts";
import { readWeirParameters } from "../deploy/verifyParameters.ts";
import { startLocalDeployment } from "../local/localDeployment.ts";
import { economicsPage, economicsPageUrl } from "./economicsPage.ts";
import type { GasFigures } from "./economics.ts";

const HELP = `npm run economics -- [options]

Computes the figures of docs/economics.md from the parameters that deployed contracts state, and from snapshots/gas.json.
Fails if an attack would pay.

  --check             fails if the page has other figures, instead of writing it
  --deployment FILE   takes the parameters of that deployment, and prints the page instead of writing it
  --rpc URL           JSON-RPC of its chain
  --help              this page

Without --deployment, the contracts are deployed with their default parameters to a node of their own.`;

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    deployment: { type: "string" },
    rpc: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else if (values.deployment === undefined) await ofDefaults();
else await ofDeployment(values.deployment, values.rpc);

async function ofDefaults(): Promise<void> {
  const local = await startLocalDeployment();
  try {
    const text = await readFile(economicsPageUrl, "utf8");
    const page = await computedPage(text, local.publicClient, local.deployment);
    if (!values.check) await writeFile(economicsPageUrl, page);
    else if (page !== text) throw new Error("docs/economics.md has other figures: run `npm run economics`");
    console.log(`docs/economics.md ${values.check ? "says what the deployed parameters give" : "is written"}`);
  } finally {
    await local.stop();
  }
}

async function ofDeployment(file: string, rpc: string | undefined): Promise<void> {
  const deployment = readDeployment(file);
  if (deployment === undefined) throw new Error(`there is no ${file}`);
  if (rpc === undefined) throw new Error("--deployment needs the --rpc of its chain");
  const client = createClient({ transport: http(rpc) });
  await verifyDeployment(client, deployment);
  process.stdout.write(await computedPage(await readFile(economicsPageUrl, "utf8"), client, deployment));
}

async function computedPage(text: string, client: ReadClient, deployment: Deployment): Promise<string> {
  const gas = JSON.parse(await readFile(new URL("../../snapshots/gas.json", import.meta.url), "utf8")) as GasFigures;
  const parameters = await readWeirParameters(client, deployment);
  return economicsPage(text, { parameters, tokenDecimals: deployment.token.decimals, gas });
}
