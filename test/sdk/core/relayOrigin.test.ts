import { expect } from "chai";
import fc from "fast-check";
import { relayOrigin } from "../../../sdk/core/index.ts";

describe("the origin of a relay", () => {
  it("is what a URL without a path names", () => {
    expect(relayOrigin("https://relay.example")).to.equal("https://relay.example");
    expect(relayOrigin("https://Relay.Example:443/")).to.equal("https://relay.example");
    expect(relayOrigin("https://relay.example:8402")).to.equal("https://relay.example:8402");
  });

  it("may be plain HTTP on loopback", () => {
    for (const origin of ["http://localhost:8402", "http://127.0.0.1", "http://127.1.2.3:80", "http://[::1]:8402"]) {
      expect(relayOrigin(origin), origin).to.equal(new URL(origin).origin);
    }
  });

  it("is nothing else", () => {
    const others = [
      ...[
        "",
        "relay.example",
        "/",
        "https://",
        "https://relay.example/video/",
        "https://relay.example/?a",
        "https://a/#b",
      ],
      ...[
        "https://user@relay.example",
        "https://:secret@relay.example",
        "http://relay.example",
        "http://127.evil.example",
      ],
      ...[
        "http://localhost.evil.example",
        "ftp://relay.example",
        "data:text/plain,x",
        "javascript:alert(1)",
        "file:///etc",
      ],
    ];
    for (const other of others) expect(relayOrigin(other), other).to.equal(undefined);
  });

  it("never throws, and is its own origin", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.domain().map((name) => `https://${name}`),
        ),
        (text) => {
          const origin = relayOrigin(text);
          if (origin !== undefined) expect(relayOrigin(origin)).to.equal(origin);
        },
      ),
    );
  });
});
