import type { CommandSpec } from "../commandSpec.ts";
import { delegateAdd } from "./delegateAdd.ts";
import { delegateStatus } from "./delegateStatus.ts";
import { delegateUnbond } from "./delegateUnbond.ts";
import { delegateWithdraw } from "./delegateWithdraw.ts";
import { earningsShow } from "./earningsShow.ts";
import { earningsWithdraw } from "./earningsWithdraw.ts";
import { keyImport } from "./keyImport.ts";
import { keyNew } from "./keyNew.ts";
import { keyShow } from "./keyShow.ts";
import { operatorRegister } from "./operatorRegister.ts";
import { operatorShow } from "./operatorShow.ts";
import { operatorUpdate } from "./operatorUpdate.ts";
import { priceGet } from "./priceGet.ts";
import { priceSet } from "./priceSet.ts";
import { publish } from "./publish.ts";
import { relayDoctor } from "./relayDoctor.ts";
import { relayInit } from "./relayInit.ts";
import { relayStart } from "./relayStart.ts";
import { rewardsClaim } from "./rewardsClaim.ts";
import { rewardsDistribute } from "./rewardsDistribute.ts";
import { rewardsShow } from "./rewardsShow.ts";
import { stakeAdd } from "./stakeAdd.ts";
import { stakeStatus } from "./stakeStatus.ts";
import { stakeUnbond } from "./stakeUnbond.ts";
import { stakeWithdraw } from "./stakeWithdraw.ts";
import { verify } from "./verify.ts";

/** Commands that have further commands, in the order of help. */
export const groups: Readonly<Record<string, string>> = {
  relay: "set up, run and check a relay",
  operator: "the operator's entry in the registry",
  price: "the price per GiB",
  earnings: "what viewers paid",
  stake: "the operator's own stake",
  delegate: "stake behind somebody else's relay",
  rewards: "what stake earns",
  key: "keys in encrypted keystore files",
};

/** Every command, in the order of help. */
export const commands: readonly CommandSpec[] = [
  ...[relayInit, relayStart, relayDoctor],
  ...[operatorRegister, operatorUpdate, operatorShow],
  ...[priceGet, priceSet],
  ...[earningsShow, earningsWithdraw],
  ...[stakeAdd, stakeUnbond, stakeWithdraw, stakeStatus],
  ...[delegateAdd, delegateUnbond, delegateWithdraw, delegateStatus],
  ...[rewardsDistribute, rewardsClaim, rewardsShow],
  ...[keyNew, keyImport, keyShow],
  ...[publish, verify],
];
