import { parseArgs } from "node:util";
import { startShowcase } from "./startShowcase.ts";

const HELP = `npm start -- --serve [options]

Starts a local chain, publishes two streams, starts three relays (one of them sends a wrong byte now and then) and serves
a player page and a relay's operator page, all on this machine alone. Runs until Ctrl-C.

  --port N   port of the player page; any free one if left out
  --json     prints the URLs as one line of JSON on standard output, everything else on standard error
  --help     this page`;

/**
 * Serves the pages until a signal ends it.
 *
 * @param args those of the command line
 * @returns the exit status
 */
export async function serve(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      serve: { type: "boolean" },
      port: { type: "string", default: "0" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    console.error(`--port must be a number up to 65535, not ${JSON.stringify(values.port)}`);
    return 2;
  }
  const say = values.json ? console.error : console.log;
  const ended = stopSignal();
  const { operatorUrl, playerUrl, stop } = await startShowcase({ port, onLine: say });
  try {
    if (values.json) console.log(JSON.stringify({ player: playerUrl, operator: operatorUrl }));
    else say(`\nplayer     ${playerUrl}\noperator   ${operatorUrl}\n\nCtrl-C ends it.`);
    await ended;
  } finally {
    await stop();
  }
  return 0;
}

/** The first signal ends everything in order; a second one at once, as signals do. */
async function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        resolve();
      });
    }
  });
}
