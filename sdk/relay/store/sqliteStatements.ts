import type {
  DatabaseSync,
  SQLInputValue,
  SQLOutputValue,
  StatementResultingChanges,
  StatementSync,
} from "node:sqlite";

/** A row as SQLite gives it; integers are bigints. */
export type Row = Record<string, SQLOutputValue>;

/** Runs statements, each prepared once. */
export interface SqliteStatements {
  readonly get: (sql: string, ...values: SQLInputValue[]) => Row | undefined;
  readonly all: (sql: string, ...values: SQLInputValue[]) => Row[];
  readonly run: (sql: string, ...values: SQLInputValue[]) => StatementResultingChanges;
  /** How many rows a statement changed. */
  readonly changes: (sql: string, ...values: SQLInputValue[]) => number;
}

/** The statements of an open database. */
export function sqliteStatements(database: DatabaseSync): SqliteStatements {
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      statement.setReadBigInts(true);
      prepared.set(sql, statement);
    }
    return statement;
  };
  const run = (sql: string, ...values: SQLInputValue[]): StatementResultingChanges => prepare(sql).run(...values);
  return {
    get: (sql, ...values) => prepare(sql).get(...values),
    all: (sql, ...values) => prepare(sql).all(...values),
    run,
    changes: (sql, ...values) => Number(run(sql, ...values).changes),
  };
}

/** A column with an integer. */
export function integer(row: Row | undefined, column: string): bigint {
  return row?.[column] as bigint;
}
