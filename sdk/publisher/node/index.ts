export { publishFolder } from "./publishFolder.ts";
export type { PublishFolderOptions } from "./publishFolder.ts";
export type { LiveEvent } from "./livePublisher.ts";
export { publishLive } from "./publishLive.ts";
export type { LiveFault, PublishLiveOptions } from "./publishLive.ts";
export { verifyFolder } from "./verifyFolder.ts";
export type { FolderReport, VerifyFolderOptions } from "./verifyFolder.ts";
