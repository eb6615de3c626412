import { expect } from "chai";
import { WeirError } from "../../sdk/core/index.ts";
import { openOutput } from "../../sdk/cli/output.ts";
import { relayLog } from "../../sdk/cli/relayLog.ts";
import type { LogLevel } from "../../sdk/cli/relayLog.ts";
import type { Logger } from "../../sdk/relay/index.ts";

/** A log that is kept, and what hides things in it. */
function keptLog(
  isText = false,
  level: LogLevel = "debug",
): { lines: string[]; log: Logger; hide: (text: string) => void } {
  const lines: string[] = [];
  const people = { isTTY: false, columns: 80, write: (text: string) => lines.push(text.trimEnd()) > 0 };
  const output = openOutput(false, people);
  const hide = (text: string): void => {
    output.hide(text, "[hidden]");
  };
  return { lines, log: relayLog(output, level, isText), hide };
}

describe("The log of a relay", () => {
  it("is one JSON document a line, with time, level, message and facts", () => {
    const { lines, log } = keptLog();
    log.info({ stream: "film", bytes: 5n }, "served");
    expect(JSON.parse(lines[0] ?? "")).to.include({ level: "info", message: "served", stream: "film", bytes: "5" });
    expect(new Date((JSON.parse(lines[0] ?? "") as { time: string }).time).getTime()).to.be.closeTo(Date.now(), 60_000);
  });

  it("is text where a person watches, one line an entry whatever is in it", () => {
    const { lines, log } = keptLog(true);
    log.warn({ path: "a b\nfake entry", code: "x" }, "refused");
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^\S+Z warn {2}refused \(path="a b\\nfake entry", code=x\)$/);
  });

  it("leaves out what is below its level", () => {
    const { lines, log } = keptLog(false, "warn");
    log.debug({}, "no");
    log.info({}, "no");
    log.warn({}, "yes");
    log.error({}, "yes");
    expect(lines).to.have.length(2);
  });

  it("tells of errors by code and message alone: causes quote requests", () => {
    const { lines, log } = keptLog();
    const cause = new Error("POST https://node.example/v2/s3cr3t failed");
    log.error({ err: new WeirError("chain-unavailable", undefined, { cause }) }, "lost");
    log.error({ err: new Error(`first line\n${cause.message}`) }, "lost");
    expect(lines.join()).to.not.include("s3cr3t").and.not.include("stack");
    expect((JSON.parse(lines[0] ?? "") as { err: object }).err).to.include({ code: "chain-unavailable" });
  });

  it("has no secret in it, by name, by form, or once it is known", () => {
    const token = `${"0a".repeat(86)}${"Zz-_9".repeat(8)}abc`;
    for (const isText of [false, true]) {
      const { hide, lines, log } = keptLog(isText);
      hide('pass"word');
      const facts = {
        token: "by-name-1",
        headers: { authorization: "by-name-2", cookie: "by-name-3" },
        url: `https://relay.example/film/1.m4s?weir=${token}&x=1`,
        note: `took ${token}`,
        header: "Bearer abcdefghijkl0123",
        store: "postgres://weir:hunter22@db.example/weir",
        typed: 'the pass"word of a keystore',
      };
      log.info(facts, `fetch https://user:hunter22@relay.example/?weir=${token} with Payment eyJjaGFsbGVuZ2Ui`);
      const text = lines.join("\n");
      for (const secret of ["by-name", token, "abcdefghijkl", "hunter22", "eyJjaGFs"])
        expect(text).to.not.include(secret);
      expect(text).to.not.match(/pass\\*"word/);
      expect(text).to.include("relay.example/film/1.m4s").and.include("x=1").and.include("@db.example/weir");
    }
  });
});
