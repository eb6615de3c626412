import { expect } from "chai";
import { jainIndex } from "../../../bench/sessions/jainIndex.ts";
import { MOST_GROWTH, runSimulation } from "../../../bench/sessions/runSimulation.ts";

describe("The memory of a relay", function () {
  this.timeout(240_000);

  it("is after a day, and 1,500 viewers who came and went, what it was before", async () => {
    const { after, before, sessions } = await runSimulation({ sessionsPerHour: 64, warmUpHours: 2, hours: 24 });
    expect(sessions).to.be.above(1_500);
    expect(after - before).to.be.below(MOST_GROWTH);
  });
});

describe("Jain's index", () => {
  it("is 1 for equal shares, and falls to 1/n for the greediest", () => {
    expect(jainIndex([3, 3, 3])).to.equal(1);
    expect(jainIndex([5, 0, 0, 0])).to.equal(0.25);
  });
});
