/** The book's name in a data folder. */
export const LEDGER_FILE = 'ledger.sqlite';
