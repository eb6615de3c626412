import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { encryptKeystore } from "../../sdk/cli/keystore.ts";
import { readAgent, readBeneficiary, readOperator, readStake, readTokenBalance } from "../../sdk/chain/index.ts";
import type { Address } from "../../sdk/core/index.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";
import { runWeir, weirJson } from "../helpers/weirCommand.ts";

const CHEAP = 4_096;
const COLD = "0x00000000000000000000000000000000000000C0";

interface Sent {
  readonly transactions: readonly { readonly title: string; readonly gas: number; readonly hash?: string }[];
}

describe("an operator on the command line, on a real node", function () {
  this.timeout(120_000);
  let local: LocalDeployment;
  let cwd: string;
  let operator: Address;
  let delegator: Address;
  let agent: Address;

  const keystore = (name: string): Address => {
    const key = generatePrivateKey();
    writeFileSync(join(cwd, `${name}.json`), encryptKeystore(key, "pw", CHEAP));
    return privateKeyToAccount(key).address;
  };
  const json = async <Result>(args: string, expected = 0): Promise<Result> =>
    weirJson<Result>(
      args.split(" "),
      { cwd, env: { WEIR_WALLET_PASSWORD: "pw", WEIR_AGENT_PASSWORD: "pw" } },
      expected,
    );
  const asDelegator = (args: string): string => `${args} --keystore delegator.json --operator ${operator}`;

  before(async () => {
    cwd = mkdtempSync(join(tmpdir(), "weir-operator-"));
    local = await startLocalDeployment({ unbondingPeriod: 90_000, disputeWindow: 86_400n, epochLength: 3_600 });
    [operator, delegator, agent] = [keystore("operator"), keystore("delegator"), keystore("agent")];
    for (const address of [operator, delegator]) {
      await local.testClient.setBalance({ address, value: parseEther("1") });
      await local.mint(address, parseEther("5000"));
    }
    writeFileSync(join(cwd, "wtt.json"), JSON.stringify(local.deployment));
    const lines = [
      `[chain]\nrpc = ["${local.anvil.url}"]\ndeployment = "wtt.json"`,
      '[wallet]\nkeystore = "operator.json"\n[agent]\nkeystore = "agent.json"',
      '[relay]\npublicUrl = "https://relay.example"\npricePerGiB = "0.01"\nregion = "eu-north"\n',
    ];
    writeFileSync(join(cwd, "weir.toml"), lines.join("\n"));
  });
  after(async () => {
    await local.stop();
    rmSync(cwd, { recursive: true });
  });

  it("registers with its relay's key as agent, after a simulation that sends nothing", async () => {
    expect(await json("operator show", 1)).to.include({ registered: false });
    const { transactions } = await json<Sent>("operator register --dry-run");
    expect(transactions[0]?.gas).to.be.greaterThan(100_000);
    expect(await json("operator show", 1)).to.include({ registered: false });

    await json("operator register --yes");
    const shown = await json("operator show");
    expect(shown).to.deep.include({ agent, region: "eu-north", pricePerGiB: "0.01", beneficiary: operator });
    const refused = await json<{ error: { code: string } }>("operator register --yes", 5);
    expect(refused.error.code).to.equal("contract-reverted");
  });

  it("asks before it sends, and without a terminal wants --yes: exit code 2", async () => {
    const { status, stderr } = await runWeir(["price", "set", "0.02"], { cwd });
    expect(status).to.equal(2);
    expect(stderr).to.include("--yes").and.include("0.01 WTT to 0.02 WTT");
  });

  it("changes price, beneficiary, commission and agent, and only what differs", async () => {
    const { deployment, publicClient: client } = local;
    await json("price set 0.02 --yes");
    expect(await json("price get", 1)).to.include({ advertised: "0.02", asked: "0.01" });
    await json(`operator update --yes --commission 5 --beneficiary ${COLD}`);
    expect(await json("price get")).to.include({ advertised: "0.01" });
    expect(await json("operator show")).to.include({ commissionPercent: 5 });
    expect(await readBeneficiary(client, { deployment, operator })).to.equal(COLD);
    expect((await readOperator(client, { deployment, operator })).listing.region).to.equal("eu-north");
    expect((await json<Sent>("operator update --yes")).transactions).to.deep.equal([]);
    const next = keystore("next");
    await json("operator update --yes --new-agent --agent-keystore next.json");
    expect(await readAgent(client, { deployment, operator })).to.equal(next);
  });

  it("stakes in decimals of the token, approving what is missing", async () => {
    const dry = await json<Sent>("stake add 1000.5 --dry-run");
    expect(dry.transactions.map(({ title }) => title)).to.deep.equal(["approve 1000.5 WTT", "stake 1000.5 WTT"]);
    expect(dry.transactions[1]?.gas).to.be.greaterThan(50_000);
    await json("stake add 1000.5 --yes");
    expect(await json("stake status")).to.include({ own: "1000.5", active: true, minSelfStake: "1000" });
    const tooMuch = await json<{ error: { code: string; message: string } }>("stake add 1000000 --yes", 1);
    expect(tooMuch.error.message).to.include("3999.5 WTT");
    expect((await json<{ error: { code: string } }>("stake add 1,5 --yes", 2)).error.code).to.equal("usage");
  });

  it("lets others delegate, unless it keeps more than they want", async () => {
    const refused = await json<{ error: { message: string } }>(
      asDelegator("delegate add 200 --max-commission 4 --yes"),
      5,
    );
    expect(refused.error.message).to.include("CommissionTooHigh");
    await json(asDelegator("delegate add 200 --yes"));
    expect(await json(asDelegator("delegate status"))).to.include({ amount: "200", delegator });
  });

  it("unbonds and withdraws, once it may, to where earnings go; delegators to themselves", async () => {
    const { deployment, publicClient: client } = local;
    const unbonding = await json<{ amount: string }>("stake unbond 0.5 --yes");
    expect(unbonding.amount).to.equal("0.5");
    await json(asDelegator("delegate unbond all --yes"));
    expect(await json<Sent>("stake withdraw --yes")).to.deep.include({ transactions: [], waiting: 1 });
    await local.sleep(90_001);
    expect(await json("stake withdraw --yes")).to.include({ withdrawn: "0.5" });
    expect(await readTokenBalance(client, { deployment, owner: COLD })).to.equal(parseEther("0.5"));
    expect(await json("delegate withdraw --yes --keystore delegator.json")).to.include({ withdrawn: "200" });
    const left = await readStake(client, { deployment, operator, holder: delegator });
    expect(left.amount).to.equal(0n);
  });

  it("has nothing to distribute, claim or withdraw before it earned: no transaction, exit code 0", async () => {
    for (const command of ["rewards distribute --yes", "rewards claim --yes", "earnings withdraw --yes"]) {
      expect((await json<Sent>(command)).transactions, command).to.deep.equal([]);
    }
    expect(await json("rewards show")).to.include({ fees: "0", claimable: "0" });
    expect(await json("earnings show")).to.include({ earnings: "0", to: COLD });
  });

  it("is told which end is at fault: exit codes 4, 3 and 6", async () => {
    const dead = await json<{ error: { code: string } }>("stake status --rpc http://127.0.0.1:9/KEY", 4);
    expect(dead.error.code).to.equal("chain-unavailable");
    const { stderr } = await runWeir("stake status --debug --rpc http://127.0.0.1:9/KEY".split(" "), { cwd });
    expect(stderr).to.include("127.0.0.1:9").and.not.include("/KEY");
    const other = { ...local.deployment, chainId: 1 };
    writeFileSync(join(cwd, "other.json"), JSON.stringify(other));
    expect(await json<object>("stake status --deployment other.json", 3)).to.have.nested.property(
      "error.code",
      "wrong-chain",
    );
    const env = { WEIR_WALLET_PASSWORD: "wrong" };
    expect((await runWeir(["price", "set", "1", "--yes"], { cwd, env })).status).to.equal(6);
    const stranger = await json<{ error: { message: string } }>(`stake add 1 --yes --keystore delegator.json`, 5);
    expect(stranger.error.message).to.include("NotRegistered");
  });
});
