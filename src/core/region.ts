/**
 * A region of GB/T 2260 as the first digits that everything inside it shares: a city's or a province's own code ends in
 * zeros (370700 is all of 3707xx), a county's does not; 000000 is the nation, of which all shares nothing.
 */
export function regionPrefix(code: string): string {
  return /^\d{6}$/.test(code) ? code.replace(/(?:00){1,3}$/, '') : code;
}
