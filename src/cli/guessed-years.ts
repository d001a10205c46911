import { printNote } from './output.js';

/** On stderr: what depends on working days of these years looks like everything else, and may be days early or late. */
export function tellGuessedYears(years: readonly number[]): void {
  if (years.length === 0) return;
  printNote(
    `the holidays of ${years.join(', ')} are not known: Monday to Friday were taken for working days, so that deadlines of that time may be wrong; update Feewarden.`,
  );
}
