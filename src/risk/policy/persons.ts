import { FeewardenError } from '../../core/errors.js';

/** Author and approver, checked to be two. Names are compared as people read them: spaces and case do not make another person. */
export function twoPersons(
  author: string | undefined,
  approver: string | undefined,
): { readonly author: string; readonly approver: string } {
  const [writer, second] = [author?.trim() ?? '', approver?.trim() ?? ''];
  if (writer === '') throw new FeewardenError('second_person_needed', 'The author is not named.');
  if (second === '') throw new FeewardenError('second_person_needed', 'The approver is not named.');
  if (sameName(writer) === sameName(second))
    throw new FeewardenError('second_person_needed', `${second} wrote it and cannot approve it.`);
  return { author: writer, approver: second };
}

function sameName(name: string): string {
  return name
    .normalize('NFKC')
    .replaceAll(/[\s\p{Cf}]+/gu, '')
    .toLowerCase();
}
