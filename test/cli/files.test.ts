import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { encryptKeystoreJson, Wallet } from "ethers";
import { decryptKeystore, encryptKeystore } from "../../sdk/cli/keystore.ts";
import { checksumAddress, privateKeyToAddress } from "../../sdk/core/index.ts";
import { runWeir, weirJson } from "../helpers/weirCommand.ts";

const TESTCARD = join(import.meta.dirname, "../media/testcard");
const KEY = `0x${"42".repeat(32)}` as const;
const ADDRESS = checksumAddress(privateKeyToAddress(KEY));
const CHEAP = 4_096;

describe("keys and folders on the command line", function () {
  this.timeout(60_000);
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "weir-cli-"));
    writeFileSync(join(cwd, "password"), "correct horse\n");
    writeFileSync(join(cwd, "key.json"), encryptKeystore(KEY, "correct horse", CHEAP));
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });

  const passwordFile = ["--password-file", "password"];

  describe("a keystore", () => {
    it("opens in another wallet, and another wallet's opens here", async () => {
      expect((await Wallet.fromEncryptedJson(encryptKeystore(KEY, "pässword", CHEAP), "pässword")).privateKey).to.equal(
        KEY,
      );
      const theirs = await encryptKeystoreJson({ address: ADDRESS, privateKey: KEY }, "pässword", {
        scrypt: { N: CHEAP },
      });
      expect(decryptKeystore(theirs, "pässword")).to.equal(KEY);
    });
    it("is made with a random key that only its owner can read, and is not overwritten", async () => {
      const made = await weirJson<{ address: string }>(["key", "new", "new.json", ...passwordFile], { cwd });
      expect(statSync(join(cwd, "new.json")).mode & 0o777).to.equal(0o600);
      const key = decryptKeystore(readFileSync(join(cwd, "new.json"), "utf8"), "correct horse");
      expect(checksumAddress(privateKeyToAddress(key))).to.equal(made.address);
      const again = await runWeir(["key", "new", "new.json", ...passwordFile], { cwd });
      expect(again.status).to.equal(1);
      expect(again.stderr).to.include("is there already");
    });
    it("takes a key from standard input, with the password from the environment", async () => {
      const env = { WEIR_WALLET_PASSWORD: "battery" };
      const imported = await weirJson(["key", "import", "i.json"], { cwd, env, input: `${KEY.slice(2)}\n` });
      expect(imported).to.include({ address: ADDRESS });
      expect(decryptKeystore(readFileSync(join(cwd, "i.json"), "utf8"), "battery")).to.equal(KEY);
    });
    it("refuses what is no key, without repeating it", async () => {
      const { status, stderr } = await runWeir(["key", "import", "i.json", ...passwordFile], { cwd, input: "hunter2" });
      expect(status).to.equal(6);
      expect(stderr).to.include("no private key").and.not.include("hunter2");
    });
    it("shows its address, and proves it with the password", async () => {
      const stated = await weirJson(["key", "show", "key.json"], { cwd });
      expect(stated).to.include({ address: ADDRESS, proven: false });
      const proven = await weirJson(["key", "show", "key.json", "--check", ...passwordFile], { cwd });
      expect(proven).to.include({ address: ADDRESS, proven: true });
    });
    it("does not open with another password, without one, or if it is none: exit code 6", async () => {
      const env = { WEIR_WALLET_PASSWORD: "wrong" };
      const wrong = await runWeir(["key", "show", "key.json", "--check"], { cwd, env });
      expect(wrong.status).to.equal(6);
      expect(wrong.stderr).to.include("wrong keystore password").and.not.include(KEY.slice(2));
      const none = await runWeir(["key", "show", "key.json", "--check"], { cwd });
      expect(none.status).to.equal(6);
      expect(none.stderr).to.include("no terminal");
      expect((await runWeir(["key", "show", "password"], { cwd })).status).to.equal(6);
      expect((await runWeir(["key", "show", "nothing.json"], { cwd })).status).to.equal(6);
    });
  });

  describe("a folder", () => {
    const sign = ["publish", "film", "--keystore", "key.json", ...passwordFile];
    beforeEach(() => {
      cpSync(TESTCARD, join(cwd, "film"), { recursive: true });
      rmSync(join(cwd, "film/weir.json"), { force: true });
    });

    it("is signed and verified, and signed again with the next number", async () => {
      const first = await weirJson<{ resources: number; sequence: string }>([...sign, "--days", "2"], { cwd });
      expect(first).to.include({ publisher: ADDRESS, name: "film", sequence: "0" });
      const report = await weirJson(["verify", "film", "--publisher", ADDRESS, "--name", "film"], { cwd });
      expect(report).to.deep.include({ resources: first.resources, missing: [], changed: [], unlisted: [] });
      expect(await weirJson(sign, { cwd })).to.include({ sequence: "1" });
    });
    it("that is not as signed is told file by file: exit code 1", async () => {
      await weirJson(sign, { cwd });
      rmSync(join(cwd, "film/master.m3u8"));
      writeFileSync(join(cwd, "film/new.txt"), "new");
      const init = join(cwd, "film/240p/segment-0.m4s");
      writeFileSync(init, readFileSync(init).fill(255, 0, 1));
      const verify = ["verify", "film", "--publisher", ADDRESS];
      const report = await weirJson<{ changed: string[]; unlisted: string[] }>(verify, { cwd }, 1);
      expect(report).to.deep.include({ missing: ["master.m3u8"], changed: ["240p/segment-0.m4s"] });
      expect(report.unlisted).to.deep.equal(["new.txt"]);
      expect((await runWeir(verify, { cwd })).stdout).to.match(/changed +240p\/segment-0\.m4s/);
    });
    it("of another publisher is refused, whatever the list claims", async () => {
      await weirJson(sign, { cwd });
      const other = ["verify", "film", "--publisher", `0x${"ab".repeat(20)}`];
      const refused = await weirJson<{ error: { code: string } }>(other, { cwd }, 1);
      expect(refused.error.code).to.equal("manifest-unsigned");
    });
    it("without a keystore is not signed: exit code 3, with every way to name one", async () => {
      const { status, stderr } = await runWeir(["publish", "film"], { cwd });
      expect(status).to.equal(3);
      expect(stderr).to.include("wallet.keystore").and.include("WEIR_WALLET_KEYSTORE").and.include("--keystore");
    });
  });
});
