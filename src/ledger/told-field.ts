/**
 * In SQL, a field of what the event `e` tells, as text. By its place: fields that sources add may hold the same name. The expressions of
 * indexes are made of it (`20261130010000_told_fields`).
 */
export function toldField(e: string, field: string): string {
  return `(${e}.body::json #>> '{data,${field}}')`;
}
