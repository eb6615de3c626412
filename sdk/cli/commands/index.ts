import type { CommandEntry } from "../commandSpec.ts";

/** Commands that have further commands, in the order of help. */
export const groups: Readonly<Record<string, string>> = {
  relay: "set up, run and check a relay",
  channels: "the channels that the relay is paid through",
  receipts: "what viewers signed",
  payers: "whom the relay serves",
  operator: "the operator's entry in the registry",
  price: "the price per GiB",
  earnings: "what viewers paid",
  stake: "the operator's own stake",
  delegate: "stake behind somebody else's relay",
  rewards: "what stake earns",
  key: "keys in encrypted keystore files",
  sessions: "what watching cost, and what of it comes back",
};

/** Every command, in the order of help. */
export const commands: readonly CommandEntry[] = [
  {
    name: "relay init",
    summary: "write the settings of a new relay and make its key",
    load: async () => (await import("./relayInit.ts")).relayInit,
  },
  {
    name: "relay start",
    summary: "serve the streams of the settings and collect what viewers pay",
    load: async () => (await import("./relayStart.ts")).relayStart,
  },
  {
    name: "relay status",
    summary: "show whether the relay runs, what it holds and what it has earned",
    load: async () => (await import("./relayStatus.ts")).relayStatus,
  },
  {
    name: "relay doctor",
    summary: "check everything that a relay needs, and say how to cure what is wrong",
    load: async () => (await import("./relayDoctor.ts")).relayDoctor,
  },
  {
    name: "channels ls",
    summary: "list the channels that the relay knows",
    load: async () => (await import("./channelsLs.ts")).channelsLs,
  },
  {
    name: "channels show",
    summary: "show everything about one channel",
    args: { "<channel>": "its id, as weir channels ls shows it" },
    load: async () => (await import("./channelsShow.ts")).channelsShow,
  },
  {
    name: "channels close",
    summary: "settle a channel and close it",
    args: { "<channel>": "its id" },
    load: async () => (await import("./channelsClose.ts")).channelsClose,
  },
  {
    name: "receipts ls",
    summary: "list the receipts of a channel",
    args: { "<channel>": "its id, as weir channels ls shows it" },
    load: async () => (await import("./receiptsLs.ts")).receiptsLs,
  },
  {
    name: "receipts verify",
    summary: "recompute every receipt that the relay keeps",
    args: { "[channels...]": "their ids; all channels if left out" },
    load: async () => (await import("./receiptsVerify.ts")).receiptsVerify,
  },
  {
    name: "receipts export",
    summary: "write receipts to a file, for accounting or for somebody who checks them",
    args: { "[channels...]": "their ids; all channels if left out" },
    load: async () => (await import("./receiptsExport.ts")).receiptsExport,
  },
  {
    name: "backup",
    summary: "copy the relay's database while it runs",
    args: { "<file>": "where to; replaced if it is there" },
    load: async () => (await import("./backup.ts")).backup,
  },
  {
    name: "restore",
    summary: "put a backup in the place of the relay's database",
    args: { "<file>": "what weir backup made" },
    load: async () => (await import("./restore.ts")).restore,
  },
  {
    name: "payers deny",
    summary: "open no sessions for a payer any more",
    args: { "<address>": "the session key, as weir channels ls shows it" },
    load: async () => (await import("./payersDeny.ts")).payersDeny,
  },
  {
    name: "payers allow",
    summary: "open sessions for a denied payer again",
    args: { "<address>": "the session key, as weir payers ls shows it" },
    load: async () => (await import("./payersAllow.ts")).payersAllow,
  },
  {
    name: "payers ls",
    summary: "show which payers are denied, since when and why",
    load: async () => (await import("./payersLs.ts")).payersLs,
  },
  {
    name: "settle",
    summary: "settle now what a relay would settle later",
    load: async () => (await import("./settle.ts")).settle,
  },
  {
    name: "operator register",
    summary: "enter the wallet into the list of operators, with the relay's key as its agent",
    load: async () => (await import("./operatorRegister.ts")).operatorRegister,
  },
  {
    name: "operator update",
    summary: "bring the operator's entry up to date: URL, region, price, agent, beneficiary, commission",
    load: async () => (await import("./operatorUpdate.ts")).operatorUpdate,
  },
  {
    name: "operator show",
    summary: "what the registry says about an operator",
    load: async () => (await import("./operatorShow.ts")).operatorShow,
  },
  {
    name: "price get",
    summary: "the price that the registry advertises, and the one that the relay asks for",
    load: async () => (await import("./priceGet.ts")).priceGet,
  },
  {
    name: "price set",
    summary: "change the price that the registry advertises",
    args: { "<price>": "tokens per GiB, such as 0.01" },
    load: async () => (await import("./priceSet.ts")).priceSet,
  },
  {
    name: "earnings show",
    summary: "what settlements have credited and nobody withdrew yet",
    load: async () => (await import("./earningsShow.ts")).earningsShow,
  },
  {
    name: "earnings withdraw",
    summary: "pay out all settled earnings",
    load: async () => (await import("./earningsWithdraw.ts")).earningsWithdraw,
  },
  {
    name: "stake add",
    summary: "put more of the operator's own tokens at stake",
    args: { "<amount>": "tokens, such as 1000 or 0.5" },
    load: async () => (await import("./stakeAdd.ts")).stakeAdd,
  },
  {
    name: "stake unbond",
    summary: "begin to take own stake out",
    args: { "<amount>": "tokens, or all" },
    load: async () => (await import("./stakeUnbond.ts")).stakeUnbond,
  },
  {
    name: "stake withdraw",
    summary: "take out own stake that was unbonded",
    args: { "[number]": "which unbonding; every one whose time has come if left out" },
    load: async () => (await import("./stakeWithdraw.ts")).stakeWithdraw,
  },
  {
    name: "stake status",
    summary: "what stands behind an operator",
    load: async () => (await import("./stakeStatus.ts")).stakeStatus,
  },
  {
    name: "delegate add",
    summary: "put tokens behind somebody else's relay and earn with it",
    args: { "<amount>": "tokens, such as 1000 or 0.5" },
    load: async () => (await import("./delegateAdd.ts")).delegateAdd,
  },
  {
    name: "delegate unbond",
    summary: "begin to take delegated tokens out",
    args: { "<amount>": "tokens, or all" },
    load: async () => (await import("./delegateUnbond.ts")).delegateUnbond,
  },
  {
    name: "delegate withdraw",
    summary: "take out delegated tokens that were unbonded",
    args: { "[number]": "which unbonding; every one whose time has come if left out" },
    load: async () => (await import("./delegateWithdraw.ts")).delegateWithdraw,
  },
  {
    name: "delegate status",
    summary: "what the wallet has behind an operator, and what is on its way out",
    load: async () => (await import("./delegateStatus.ts")).delegateStatus,
  },
  {
    name: "rewards distribute",
    summary: "return a part of an operator's fees to the stake behind it",
    load: async () => (await import("./rewardsDistribute.ts")).rewardsDistribute,
  },
  {
    name: "rewards claim",
    summary: "pay out an operator's commission, or a reporter's part of a slash",
    load: async () => (await import("./rewardsClaim.ts")).rewardsClaim,
  },
  {
    name: "rewards show",
    summary: "fees to distribute, rewards to claim, and when",
    load: async () => (await import("./rewardsShow.ts")).rewardsShow,
  },
  {
    name: "key new",
    summary: "make a key, in an encrypted keystore file",
    args: { "<file>": "keystore to write; must not be there" },
    load: async () => (await import("./keyNew.ts")).keyNew,
  },
  {
    name: "key import",
    summary: "put an existing private key into an encrypted keystore file",
    args: { "<file>": "keystore to write; must not be there" },
    load: async () => (await import("./keyImport.ts")).keyImport,
  },
  {
    name: "key show",
    summary: "the address of a keystore file",
    args: { "<file>": "keystore" },
    load: async () => (await import("./keyShow.ts")).keyShow,
  },
  {
    name: "publish",
    summary: "sign a folder, so that relays can serve it and viewers can check it",
    args: { "<folder>": "folder with the stream: HLS, DASH, or anything else" },
    load: async () => (await import("./publish.ts")).publish,
  },
  {
    name: "verify",
    summary: "check a folder against its signed list, file by file",
    args: { "<folder>": "folder with a stream and its signed list" },
    load: async () => (await import("./verify.ts")).verify,
  },
  {
    name: "watch",
    summary: "play a stream to a file, or count it, and pay for what is verified",
    args: { "<url>": "playlist on a relay, such as https://relay.example/film/master.m3u8" },
    load: async () => (await import("./watch.ts")).watch,
  },
  {
    name: "sessions ls",
    summary: "session keys, what their accounts and channels hold, and what comes back when",
    load: async () => (await import("./sessionsLs.ts")).sessionsLs,
  },
  {
    name: "sessions close",
    summary: "get back what watching did not cost",
    args: { "[id]": "session, or the first digits of it; may be left out if there is but one" },
    load: async () => (await import("./sessionsClose.ts")).sessionsClose,
  },
  {
    name: "audit",
    summary: "replay everything against the chain and explain every token",
    load: async () => (await import("./audit.ts")).audit,
  },
];
