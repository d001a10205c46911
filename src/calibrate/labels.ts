import { z } from 'zod';
import { FeewardenError } from '../core/errors.js';
import { parseDay } from '../core/time.js';
import { ruleById } from '../risk/rules/list.js';

const day = z.string().refine((text) => parseDay(text) !== null, 'must be a real day written YYYY-MM-DD');

/** As everywhere, what is not there is as null. */
const orNull = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

const label = z.looseObject({
  id: z.string().min(1),
  kind: z.enum(['healthy', 'failing', 'violating']),
  /** The shape of the failure, or the violation. */
  archetype: orNull(z.string()),
  /** The first day without lessons for good; of a failing one. */
  stopDay: orNull(day),
  /** The first day on which something could be seen. */
  firstSignDay: orNull(day),
  /** Rules that must be raised at some time. */
  must: z
    .array(z.string().refine((id) => ruleById(id) !== undefined, 'there is no such rule'))
    .nullish()
    .transform((ids) => ids ?? []),
});

/** The right answer for one institution of a labelled history. */
export type KnownLabel = z.infer<typeof label>;

/** Checks the labels of a history. @throws FeewardenError unreadable_input, with the place of the first fault */
export function parseLabels(input: unknown, path: string): KnownLabel[] {
  if (!Array.isArray(input))
    throw new FeewardenError('unreadable_input', `${path}: give a list of labels, one object per institution.`);
  const result = z.array(label).safeParse(input);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new FeewardenError('unreadable_input', `${path}: ${issue.path.map(String).join('.')}: ${issue.message}.`);
  }
  const seen = new Set<string>();
  for (const { id, kind, stopDay } of result.data) {
    if (seen.has(id)) throw new FeewardenError('unreadable_input', `${path}: ${id} is labelled twice.`);
    if (kind === 'failing' && stopDay === null)
      throw new FeewardenError('unreadable_input', `${path}: ${id} is failing and has no stopDay.`);
    seen.add(id);
  }
  return result.data;
}
