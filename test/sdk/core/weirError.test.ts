import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { errorsPage, errorsPageUrl } from "../../../scripts/errorsPage.ts";
import { errorCatalogue } from "../../../sdk/core/errorCatalogue.ts";
import type { ErrorDescription, WeirErrorCode } from "../../../sdk/core/errorCatalogue.ts";
import { WeirError } from "../../../sdk/core/weirError.ts";
import { hostile } from "../../helpers/arbitraries.ts";

const codes = Object.keys(errorCatalogue) as WeirErrorCode[];

describe("the error catalogue", () => {
  it("has codes in kebab-case, one-line texts and statuses of errors", () => {
    for (const code of codes) {
      const { title, cure, httpStatus = 500 }: ErrorDescription = errorCatalogue[code];
      expect(code).to.match(/^[a-z]+(-[a-z]+)*$/);
      expect(title).to.match(/^[A-Z][^\n]+[^.]$/);
      expect(cure).to.match(/^[A-Z][^\n]+\.$/);
      expect(httpStatus).to.be.within(400, 599);
    }
  });

  it("is what the page of errors says today", () => {
    expect(readFileSync(errorsPageUrl, "utf8")).to.equal(errorsPage());
  });

  it("says something else for every code", () => {
    expect(new Set(codes.map((code) => errorCatalogue[code].title)).size).to.equal(codes.length);
  });
});

describe("WeirError", () => {
  it("teaches: what went wrong, what to do, where to read on", () => {
    const cause = new TypeError("underneath");
    const error = new WeirError("high-s", "the signature of the receipt has a high s", { details: "row 3", cause });
    expect(error).to.include({
      name: "WeirError",
      code: "high-s",
      shortMessage: "the signature of the receipt has a high s",
      cure: errorCatalogue["high-s"].cure,
      docsPath: "docs/errors.md#high-s",
      details: "row 3",
      cause,
    });
    expect(error.message.split("\n")).to.deep.equal([
      "the signature of the receipt has a high s",
      errorCatalogue["high-s"].cure,
      "Details: row 3",
      "Code: high-s. Docs: docs/errors.md#high-s",
    ]);
  });

  it("falls back to the catalogue, and lets the case at hand know better", () => {
    expect(new WeirError("internal").shortMessage).to.equal(errorCatalogue.internal.title);
    expect(new WeirError("internal")).not.to.have.property("cause");
    expect(new WeirError("internal", undefined, { cure: "Restart it." }).cure).to.equal("Restart it.");
  });
});

describe("WeirError.is", () => {
  it("knows every code, and the one asked for", () => {
    for (const code of codes) {
      const error: unknown = new WeirError(code);
      expect(WeirError.is(error)).to.equal(true);
      for (const other of codes) expect(WeirError.is(error, other)).to.equal(code === other);
    }
  });

  it("knows the errors of another copy of the SDK by their shape", () => {
    const copy: unknown = Object.assign(new Error("high s"), { name: "WeirError", code: "high-s" });
    expect(WeirError.is(copy, "high-s")).to.equal(true);
  });

  it("is false for everything else", () => {
    for (const value of [
      undefined,
      null,
      "WeirError",
      new Error("high-s"),
      { name: "WeirError" },
      { name: "WeirError", code: "toString" },
      { name: "WeirError", code: 5 },
      { name: "Error", code: "high-s" },
    ]) {
      expect(WeirError.is(value)).to.equal(false);
    }
    fc.assert(
      fc.property(hostile, (junk) => {
        expect(WeirError.is(junk)).to.equal(false);
      }),
    );
  });
});
