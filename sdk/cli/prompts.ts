import { confirm, isCancel, password, select, text } from "@clack/prompts";
import { CliError } from "./cliError.ts";

/** Answers belong to people; results to standard output. */
const output = process.stderr;

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks for a text. @throws CliError `declined` if the question is cancelled */
export async function askText(
  message: string,
  options: { readonly initialValue?: string; readonly validate?: (value: string) => string | undefined } = {},
): Promise<string> {
  const { initialValue, validate } = options;
  return answered(
    await text({
      message,
      output,
      ...(initialValue === undefined ? {} : { initialValue }),
      ...(validate === undefined ? {} : { validate: (value: string | undefined) => validate(value ?? "") }),
    }),
  );
}

/** Asks for something that must not be seen. @throws CliError `key` without a terminal, `declined` if cancelled */
export async function askSecret(message: string): Promise<string> {
  if (!canAsk()) {
    throw new CliError(
      "key",
      `there is no terminal to ask for the ${message}`,
      "Use a password file or the environment.",
    );
  }
  return answered(await password({ message, output }));
}

/** Asks for a choice. @throws CliError `declined` if cancelled */
export async function askChoice<Value extends string>(
  message: string,
  choices: Readonly<Record<Value, string>>,
): Promise<Value> {
  const options = (Object.entries(choices) as [Value, string][]).map(([value, label]) => ({ value, label }));
  return answered(await select<string>({ message, options, output })) as Value;
}

/** Asks yes or no. @throws CliError `usage` without a terminal, `declined` for no */
export async function askConfirmation(message: string): Promise<void> {
  if (!canAsk()) throw new CliError("usage", "there is no terminal to ask for confirmation", "Add --yes to go ahead.");
  if (!answered(await confirm({ message, output }))) throw declined();
}

function answered<Value>(answer: Value): Exclude<Value, symbol> {
  if (isCancel(answer)) throw declined();
  return answer as Exclude<Value, symbol>;
}

function declined(): CliError {
  return new CliError("declined", "nothing was done", "Repeat the command to go on.");
}
