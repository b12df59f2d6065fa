import { readStatement } from '../adapters/postgres/statement-reader.ts';
import type { StatementConfig } from '../config.ts';
import { statementCsv } from '../domain/statements/csv.ts';
import { focusCsv } from '../domain/statements/focus.ts';
import { invoiceHtml } from '../domain/statements/html.ts';
import { statementText } from '../domain/statements/text.ts';
import type { Statement } from '../domain/statements/types.ts';
import { sha256 } from '../runtime/sha256.ts';
import { withDatabase } from './database.ts';

/** `io-operator statement`: what an account earned and spent in a month. */
export async function runStatement(config: StatementConfig): Promise<void> {
  const { account, month, format } = config;
  const statement = await withDatabase(config, (database) =>
    readStatement(database, account, month),
  );
  process.stdout.write(textOf(statement, format));
}

function textOf(statement: Statement, format: StatementConfig['format']): string {
  switch (format) {
    case 'text':
      return statementText(statement);
    case 'csv':
      return statementCsv(statement);
    case 'focus':
      return focusCsv(statement);
    case 'html':
      return invoiceHtml(statement, sha256);
  }
}
