import { sep } from "node:path";
import type { HardhatPlugin } from "hardhat/types/plugins";

const FORGE_STD = ["", "lib", "forge-std", ""].join(sep);

/**
 * Keeps our own compiler warnings in sight: those of dependencies are not printed.
 *
 * The compiler stops counting at 256 warnings, and forge-std alone reaches that with spellings which this compiler calls
 * deprecated. It is therefore read with those spellings replaced; its behaviour stays the same.
 */
export const ownWarnings: HardhatPlugin = {
  id: "weir-own-warnings",
  hookHandlers: {
    solidity: async () =>
      Promise.resolve({
        default: async () =>
          Promise.resolve({
            async readSourceFile(context, path, next) {
              const source = await next(context, path);
              return path.includes(FORGE_STD) ? withoutDeprecatedSpellings(source) : source;
            },
            async getCompilationJobErrors(context, job, output, next) {
              const found = await next(context, job, output);
              return found.filter(
                ({ severity, formattedMessage = "" }) => severity === "error" || isOwn(formattedMessage),
              );
            },
          }),
      }),
  },
};

/** The istanbul build is deliberate: that its EVM is old is no news. */
function isOwn(message: string): boolean {
  return !message.includes("node_modules/") && !message.startsWith("Support for EVM versions older than london");
}

function withoutDeprecatedSpellings(source: string): string {
  return source
    .replace(/^pragma experimental ABIEncoderV2;$/m, "pragma abicoder v2;")
    .replace(/\b(string (?:calldata|memory)) error\b/g, "$1 err")
    .replace(/\/\/\/ @solidity memory-safe-assembly\s*\n(\s*)assembly \{/g, '$1assembly ("memory-safe") {');
}
