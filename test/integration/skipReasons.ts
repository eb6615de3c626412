/** `IPaymentChannels.SkipReason`, as events carry it. */
export const BAD_SIGNATURE = 1n;
export const CHANNEL_UNKNOWN = 2n;
export const CHANNEL_CLOSED = 3n;
export const NOTHING_NEW = 4n;
export const DEPOSIT_SPENT = 5n;
export const EXPIRED = 6n;
export const CLOSE_PENDING = 7n;
export const TERMS_REFUSED = 8n;
export const ALREADY_FUNDED = 9n;
export const ACCOUNT_EMPTY = 10n;
