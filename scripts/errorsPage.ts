import { writeFile } from "node:fs/promises";
import { errorCatalogue } from "../sdk/core/index.ts";
import type { ErrorDescription } from "../sdk/core/index.ts";

/** Writes `docs/errors.md` from the error catalogue of the SDK. */

const INTRODUCTION = `# Errors

Every error of the SDK is a \`WeirError\` with one of these codes; \`WeirError.is(error, code)\` tells which. Over HTTP the same code is in the
problem document ([protocol, E1](protocol.md#7-errors)), with the status given here. Codes are stable; the texts may improve. Codes without a status never
leave the process that found them.

This page is written by \`node scripts/errorsPage.ts\` from [\`errorCatalogue.ts\`](../sdk/core/errorCatalogue.ts).
`;

/** The text of the page. */
export function errorsPage(): string {
  const sections = Object.entries(errorCatalogue).map(([code, description]: [string, ErrorDescription]) => {
    const { title, cure, httpStatus } = description;
    return `## ${code}\n\n${title}${httpStatus === undefined ? "" : ` (HTTP ${httpStatus})`}. ${cure}\n`;
  });
  return [INTRODUCTION, ...sections].join("\n");
}

/** Where the page is. */
export const errorsPageUrl = new URL("../docs/errors.md", import.meta.url);

if (import.meta.main) {
  await writeFile(errorsPageUrl, errorsPage());
  console.log("wrote docs/errors.md");
}
