import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { getWeirEvents, readAccount, readEarnings, readTokenBalance } from "../../sdk/chain/index.ts";
import type { WeirEvent } from "../../sdk/chain/index.ts";
import { encryptKeystore } from "../../sdk/cli/keystore.ts";
import { owed } from "../../sdk/core/index.ts";
import type { Address } from "../../sdk/core/index.ts";
import { eventually, openStage, PRICE, SEGMENTS, STREAM } from "../helpers/stage.ts";
import type { Stage, StagedRelay, StagedRelayOptions } from "../helpers/stage.ts";
import { runWeir, startWeir, weirJson } from "../helpers/weirCommand.ts";

interface Closed {
  /** When there is more to come. */
  readonly again?: string;
  readonly withdrawn: string;
  readonly forgotten: number;
  readonly openChannels: number;
}

interface Listed {
  readonly sessions: readonly {
    readonly id: Address;
    readonly inUse: boolean;
    readonly balance: string;
    readonly free: string;
  }[];
}

interface Plan {
  readonly deposit: string;
  readonly relays: readonly { readonly origin: string }[];
}

interface Watched {
  readonly outcome: string;
  readonly session: Address;
  readonly variant: string;
  readonly segments: number;
  readonly verifiedBytes: string;
  readonly refusedBytes: string;
  readonly spent: string;
  readonly files: readonly string[];
  readonly relays: readonly { readonly origin: string; readonly verifiedBytes: string; readonly problem?: string }[];
}

/** The least that makes an operator active. */
const STAKE = parseEther("1000");
const BUDGET = parseEther("0.5");
const WALLET = parseEther("10");
const PASSWORD = "watched";

describe("watching on the command line, on a real node", function () {
  this.timeout(180_000);
  let stage: Stage;
  let relay: StagedRelay;
  let cwd: string;
  const walletKey = generatePrivateKey();
  const wallet = privateKeyToAccount(walletKey);
  const env = { WEIR_WALLET_PASSWORD: PASSWORD };

  const payees: Address[] = [];
  /** The session of the first watching. */
  let kept: Address;
  const startRelay = async (options?: StagedRelayOptions): Promise<StagedRelay> => {
    const started = await stage.startRelay(options);
    payees.push(started.account.address);
    return started;
  };
  const url = (at: StagedRelay = relay): string => `${at.url}/${STREAM}/master.m3u8`;
  const args = (...more: string[]): string[] => ["watch", url(), "--variant", "160p", "--yes", ...more];
  const watched = async (...more: string[]): Promise<Watched> => weirJson<Watched>(args(...more), { cwd, env });
  const tokens = async (): Promise<bigint> => {
    const { deployment } = stage.local;
    return readTokenBalance(stage.local.publicClient, { deployment, owner: wallet.address });
  };
  const account = async (signer: Address): Promise<bigint> => {
    const { deployment } = stage.local;
    return (await readAccount(stage.local.publicClient, { deployment, signer })).balance;
  };
  const listed = async (...more: string[]): Promise<Listed> =>
    weirJson<Listed>(["sessions", "ls", ...more], { cwd, env });
  const accounts = async (): Promise<readonly WeirEvent<"AccountOpened">[]> => {
    const { deployment, publicClient } = stage.local;
    const where = { owner: wallet.address };
    return getWeirEvents(publicClient, { deployment, eventNames: ["AccountOpened"], where });
  };
  const fundedFor = async ({ account: { address: payee } }: StagedRelay): Promise<readonly WeirEvent<"Funded">[]> => {
    const { deployment, publicClient } = stage.local;
    return getWeirEvents(publicClient, { deployment, eventNames: ["Funded"], where: { payee } });
  };
  /** Lets so many metered transfers through, and then no more. */
  const stallAfter = (count: number): NonNullable<StagedRelayOptions["tamper"]> => {
    let left = count;
    return (serve) => async (request) => {
      const isMetered = new URL(request.url).searchParams.has("weir") || request.method === "POST";
      if (isMetered && count === 0) return new Promise<never>(() => undefined);
      if (!/\.m4s/.test(request.url) || left-- > 0) return serve(request);
      return new Promise<never>(() => undefined);
    };
  };

  before(async () => {
    stage = await openStage();
    cwd = stage.folder;
    relay = await startRelay();
    const { local } = stage;
    await local.testClient.setBalance({ address: wallet.address, value: parseEther("1") });
    await local.mint(wallet.address, WALLET);
    writeFileSync(join(cwd, "wtt.json"), JSON.stringify(local.deployment));
    writeFileSync(join(cwd, "wallet.json"), encryptKeystore(walletKey, PASSWORD, 2));
    writeFileSync(
      join(cwd, "weir.toml"),
      `[chain]\nrpc = ["${local.anvil.url}"]\ndeployment = "wtt.json"\n[wallet]\nkeystore = "wallet.json"\n` +
        `[viewer]\npublisher = "${stage.publisher.address}"\nmaxPricePerGiB = "20"\nbudget = "0.5"\nstate = "state"\n`,
    );
  });
  after(async () => {
    await stage.stop();
  });

  it("writes the media, pays for every verified byte and no other, and keeps the key for its owner alone", async () => {
    const before = await tokens();
    const end = await watched("--out", "film.mp4");
    expect(end).to.include({ outcome: "ended", variant: "160p", segments: SEGMENTS, refusedBytes: "0" });
    expect(parseEther(end.spent)).to.equal(owed(BigInt(end.verifiedBytes), PRICE));
    expect(before - (await tokens())).to.equal(BUDGET);
    kept = end.session;
    const media = readFileSync(join(stage.media, "160p/all.mp4"));
    expect(readFileSync(join(cwd, "film.mp4")).equals(media)).to.equal(true);
    const files = readdirSync(join(cwd, "state/sessions"));
    for (const file of files) expect(statSync(join(cwd, "state/sessions", file)).mode & 0o777, file).to.equal(0o600);
    expect(readFileSync(join(cwd, "film.mp4")).length).to.be.lessThan(Number(end.verifiedBytes));
  });

  it("goes on with the session, whose account is filled up to the budget, and turns away a relay that lies", async () => {
    const liar = await startRelay({ tamper: (serve) => async (request) => corrupt(request, await serve(request)) });
    const staked = await startRelay({ stake: STAKE });
    const before = await tokens();
    const end = await watched("--relays", liar.url, "--find", "--variant", "240p");
    expect(end.relays.map(({ origin }) => origin)).to.have.members([relay.url, liar.url, staked.url]);
    expect(end.session).to.equal(kept);
    expect(end).to.include({ outcome: "ended", segments: SEGMENTS });
    expect(Number(end.refusedBytes)).to.be.greaterThan(0);
    // Each channel's total is rounded down by itself: two new ones may cost one less each, the one that goes on one more.
    expect(Number(parseEther(end.spent) - owed(BigInt(end.verifiedBytes), PRICE))).to.be.within(-2, 1);
    const lied = end.relays.find(({ origin }) => origin === liar.url);
    // Its playlists were true.
    expect(lied).to.include({ problem: "content-mismatch" });
    expect(Number(lied?.verifiedBytes)).to.be.lessThan(5_000);
    expect(before - (await tokens()) < BUDGET).to.equal(true);
    const only = await weirJson<Plan>(args("--find", "--min-stake", "1", "--dry-run"), { cwd, env });
    expect(only.relays.map(({ origin }) => origin)).to.deep.equal([staked.url]);
    await liar.stop();
    await staked.stop();
  });

  it("moves no money and leaves no key behind when price, publisher or consent is missing", async () => {
    const before = await tokens();
    const files = readdirSync(join(cwd, "state/sessions"));
    const refused = async (more: readonly string[], status: number, code: string): Promise<void> => {
      const end = await runWeir([...args("--new-session"), ...more], { cwd, env });
      expect(end.status, end.stderr).to.equal(status);
      expect(end.stderr).to.include(`[${code}]`);
    };
    const [unasked, plan] = await Promise.all([
      runWeir(["watch", url(), "--new-session"], { cwd, env }),
      weirJson<Plan>(args("--new-session", "--dry-run"), { cwd, env }),
      refused(["--max-price", "19.99"], 1, "price-too-high"),
      refused(["--publisher", wallet.address], 1, "manifest-unsigned"),
      refused(["--budget", "1000"], 1, "failed"),
    ]);
    expect(unasked.status).to.equal(2);
    expect(plan.deposit).to.equal("0.5");
    expect(await tokens()).to.equal(before);
    expect(readdirSync(join(cwd, "state/sessions"))).to.deep.equal(files);
  });

  it("pays what it owes and says what it came to when it is told to stop", async () => {
    const slow = await startRelay({ tamper: stallAfter(2) });
    const viewer = startWeir(["watch", url(slow), "--variant", "240p", "--yes", "--new-session", "--json"], {
      cwd,
      env,
    });
    const [channel] = await eventually("the relay is paid", async () => {
      const channels = await fundedFor(slow);
      return channels.length > 0 ? channels : undefined;
    });
    const session = (await listed()).sessions.find(({ id }) => id === channel?.args.signer);
    expect(session?.inUse).to.equal(true);
    viewer.signal("SIGINT");
    const { status, stderr, stdout } = await viewer.ended;
    expect(status, stderr).to.equal(0);
    const end = JSON.parse(stdout) as Watched;
    expect(end).to.include({ outcome: "stopped", session: channel?.args.signer });
    expect(parseEther(end.spent)).to.equal(owed(BigInt(end.verifiedBytes), PRICE));
    await slow.stop();
  });

  describe("killed", () => {
    it("right after the deposit: all of it comes back", async () => {
      const before = await tokens();
      const known = await accounts();
      const silent = await startRelay({ tamper: stallAfter(0) });
      const viewer = startWeir(["watch", url(silent), "--yes", "--new-session"], { cwd, env });
      const session = await eventually("the account is funded", async () => {
        const opened = await accounts();
        const signer = opened.at(-1)?.args.signer;
        return opened.length > known.length ? signer : undefined;
      });
      expect(await account(session)).to.equal(BUDGET);
      viewer.signal("SIGKILL");
      await viewer.ended;
      expect((await listed()).sessions.find(({ id }) => id === session)).to.include({ free: "0.5", inUse: false });
      const closed = await weirJson<Closed>(["sessions", "close", session.slice(0, 10), "--yes"], { cwd, env });
      expect(closed).to.include({ withdrawn: "0.5", forgotten: 1, openChannels: 0 });
      expect(await tokens()).to.equal(before);
      await silent.stop();
    });

    it("with money in a channel, its relay and the session key gone: all but what was settled comes back", async () => {
      const slow = await startRelay({ tamper: stallAfter(2) });
      const viewer = startWeir(["watch", url(slow), "--variant", "240p", "--yes", "--new-session"], { cwd, env });
      await eventually("the relay is paid", async () => ((await fundedFor(slow)).length > 0 ? true : undefined));
      viewer.signal("SIGKILL");
      await viewer.ended;
      await slow.stop();
      await relay.stop();
      rmSync(join(cwd, "state"), { recursive: true });
      const close = ["sessions", "close", "--all", "--scan", "--yes"];
      const asked = await weirJson<Closed>(close, { cwd, env });
      expect(asked.openChannels).to.be.greaterThan(0);
      expect(asked.again).to.match(/Z$/);
      await stage.local.sleep(3_601);
      expect(await weirJson<Closed>(close, { cwd, env })).to.include({ openChannels: 0 });
      expect((await listed("--scan")).sessions).to.deep.equal([]);
      let paid = 0n;
      for (const payee of payees) {
        const { balance, fees } = await readEarnings(stage.local.publicClient, {
          deployment: stage.local.deployment,
          payee,
        });
        paid += balance + fees;
      }
      expect(paid > 0n).to.equal(true);
      expect((await tokens()) + paid).to.equal(WALLET);
    });
  });
});

/** A relay that changes every metered byte. */
async function corrupt(request: Request, response: Response): Promise<Response> {
  if (!request.url.includes(".m4s") && !request.url.includes(".mp4")) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  return new Response(
    bytes.map((byte) => byte ^ 1),
    { status: response.status, headers: response.headers },
  );
}
