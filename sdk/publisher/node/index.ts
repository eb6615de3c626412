export { publishFolder } from "./publishFolder.ts";
export type { PublishFolderOptions } from "./publishFolder.ts";
export { verifyFolder } from "./verifyFolder.ts";
export type { FolderReport, VerifyFolderOptions } from "./verifyFolder.ts";
