/**
 * Loaded before anything else in a process (`node --import`), it sets the process's clock wrong by so many seconds as
 * SKEW_SECONDS says. The monotonic clock and the timers stay as they are, as they do on a machine whose clock is wrong.
 */
const skewMs = Number(process.env.SKEW_SECONDS) * 1_000;
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + skewMs);
    else super(...given);
  }

  static now() {
    return RealDate.now() + skewMs;
  }
};
