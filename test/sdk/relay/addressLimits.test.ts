import { expect } from "chai";
import fc from "fast-check";
import { addressGroup } from "../../../sdk/relay/addressGroup.ts";
import { addressLimits } from "../../../sdk/relay/addressLimits.ts";
import type { AddressLimits } from "../../../sdk/relay/addressLimits.ts";
import { tokenBuckets } from "../../../sdk/relay/tokenBuckets.ts";

describe("The group that an address counts with", () => {
  it("is the address itself for IPv4, however it is written", () => {
    for (const address of ["203.0.113.7", "::ffff:203.0.113.7", "::FFFF:203.0.113.7"]) {
      expect(addressGroup(address)).to.equal("203.0.113.7");
    }
  });

  it("is the network of 64 bits for IPv6", () => {
    for (const address of [
      "2001:db8:1:2::",
      "2001:0DB8:1:2:3:4:5:6",
      "2001:db8:0001:0002::9",
      "2001:db8:1:2:ffff:ffff:203.0.113.7",
    ]) {
      expect(addressGroup(address), address).to.equal("2001:db8:1:2::/64");
    }
    expect(addressGroup("2001:db8::1")).to.equal("2001:db8:0:0::/64");
    expect(addressGroup("fe80::1%eth0")).to.equal("fe80:0:0:0::/64");
  });

  it("is none for loopback and for what is no address", () => {
    for (const address of [
      undefined,
      "",
      "127.0.0.1",
      "127.9.9.9",
      "::1",
      "::ffff:127.0.0.1",
      "relay.example",
      "1.2.3",
    ]) {
      expect(addressGroup(address), address).to.equal(undefined);
    }
  });

  it("is the same for every spelling of every network", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.nat(0xffff), (address, last) => {
        const group = addressGroup(address);
        if (group === undefined || !group.endsWith("::/64")) return;
        expect(addressGroup(`${group.slice(0, -5)}:0:0:0:${last.toString(16)}`)).to.equal(
          group === "0:0:0:0::/64" && last === 1 ? undefined : group,
        );
      }),
    );
  });
});

describe("A token bucket", () => {
  it("lets through a burst and then so many a second, each key for itself", () => {
    let now = 0;
    const buckets = tokenBuckets({ perSecond: 2, burst: 3, most: 10, now: () => now });
    const takes = (key: string): number[] => [1, 2, 3, 4].map(() => buckets.take(key));
    expect(takes("a")).to.deep.equal([0, 0, 0, 1]);
    expect(takes("b")).to.deep.equal([0, 0, 0, 1]);
    now += 500;
    expect([buckets.take("a"), buckets.take("a")]).to.deep.equal([0, 1]);
    now += 60_000;
    expect(takes("a")).to.deep.equal([0, 0, 0, 1]);
  });

  it("says how long to wait, so that who waits gets through", () => {
    let now = 0;
    const buckets = tokenBuckets({ perSecond: 1 / 30, burst: 1, most: 10, now: () => now });
    expect(buckets.take("a")).to.equal(0);
    now += 9_500;
    const wait = buckets.take("a");
    expect(wait).to.equal(21);
    now += wait * 1_000;
    expect(buckets.take("a")).to.equal(0);
  });
});

describe("The limits of an address", () => {
  let now: number;
  let limited: AddressLimits;
  const ADDRESS = "203.0.113.7";

  beforeEach(() => {
    now = 1_000;
    limited = addressLimits({ limits: { sessionsPerAddress: 2, sessionsPerMinute: 100 }, clock: () => now });
  });

  it("bound the sessions that it has open", () => {
    limited.opened(ADDRESS, "a", 1_600);
    // A channel has one session: opening it again replaces that one.
    limited.opened(ADDRESS, "a", 1_600);
    expect(limited.admit(ADDRESS)).to.equal(0);
    limited.opened(ADDRESS, "b", 1_600);
    expect(limited.admit(ADDRESS)).to.be.above(0);
    expect(limited.admit("203.0.113.8")).to.equal(0);
    limited.ended("a");
    expect(limited.admit(ADDRESS)).to.equal(0);
  });

  it("forget sessions whose tokens ran out, but not those that go on", () => {
    limited.opened(ADDRESS, "a", 1_600);
    limited.opened(ADDRESS, "b", 1_600);
    limited.extended("b", 2_000);
    now = 1_601;
    expect(limited.admit(ADDRESS)).to.equal(0);
    limited.opened(ADDRESS, "c", 2_000);
    expect(limited.admit(ADDRESS)).to.be.above(0);
    now = 2_001;
    limited.sweep();
    expect(limited.admit(ADDRESS)).to.equal(0);
  });

  it("bound how often it tries, whatever became of it, and count loopback never", () => {
    const strict = addressLimits({ limits: { sessionsPerAddress: 2, sessionsPerMinute: 3 }, clock: () => now });
    const tries = (address: string): boolean[] => [1, 2, 3, 4].map(() => strict.admit(address) === 0);
    expect(tries(ADDRESS)).to.deep.equal([true, true, true, false]);
    expect(tries("2001:db8::1")).to.deep.equal([true, true, true, false]);
    expect(tries("2001:db8::2")).to.deep.equal([false, false, false, false]);
    expect(tries("127.0.0.1")).to.deep.equal([true, true, true, true]);
  });
});
