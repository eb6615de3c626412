/** Assumptions under which gas becomes money. They are stated in the report, because they are not measured. */
export interface CostAssumptions {
  /** Dollars per GiB that viewers pay. */
  readonly usdPerGiB: number;
  /** Dollars per coin in which gas is paid. */
  readonly usdPerCoin: number;
  /** Megabits per second of a typical stream. */
  readonly megabitsPerSecond: number;
  /** Gas prices to look at, in gwei. */
  readonly gasPricesGwei: readonly number[];
}

/** The defaults: an HD stream at a low CDN price, on a cheap chain and on two dearer ones. */
export const defaultAssumptions: CostAssumptions = {
  usdPerGiB: 0.02,
  usdPerCoin: 3_000,
  megabitsPerSecond: 5,
  gasPricesGwei: [0.001, 0.01, 1],
};

/** What settling costs at one gas price. Shares are of the price that the viewer pays: 0.01 is one percent. */
export interface CostRow {
  readonly gasPriceGwei: number;
  /** For one channel from funding to closing that carries one hour of video. */
  readonly usdPerViewerHour: number;
  readonly shareOfViewerHour: number;
  readonly usdPerGiB: number;
  readonly shareOfGiB: number;
}

const GIB = 2 ** 30;

/** GiB that one viewer receives in an hour. */
export function gibPerViewerHour({ megabitsPerSecond }: CostAssumptions): number {
  return (megabitsPerSecond * 1e6 * 3_600) / 8 / GIB;
}

/**
 * The cost of gas beside the price of the video, if every channel lives for one viewer-hour.
 *
 * @param gasPerChannel gas from funding to closing, measured
 */
export function costRows(gasPerChannel: number, assumptions: CostAssumptions): CostRow[] {
  const gib = gibPerViewerHour(assumptions);
  return assumptions.gasPricesGwei.map((gasPriceGwei) => {
    const usd = gasPerChannel * gasPriceGwei * 1e-9 * assumptions.usdPerCoin;
    return {
      gasPriceGwei,
      usdPerViewerHour: usd,
      shareOfViewerHour: usd / (gib * assumptions.usdPerGiB),
      usdPerGiB: usd / gib,
      shareOfGiB: usd / gib / assumptions.usdPerGiB,
    };
  });
}
