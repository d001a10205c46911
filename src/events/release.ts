import { define } from './definition.js';
import { fieldsOf, id, listOf, money } from './fields.js';

export interface ReleaseInstructed {
  readonly instructionId: string;
  readonly accountId: string;
  readonly lines: readonly ReleaseLine[];
}

export interface ReleaseLine {
  readonly contractId: string;
  readonly amountFen: number;
}

export const releaseInstructed = define({
  type: 'release.instructed',
  number: 70,
  schema: fieldsOf({
    instructionId: id,
    accountId: id,
    lines: listOf(fieldsOf({ contractId: id, amountFen: money })),
  }),
  example: {
    source: '/platform/370700',
    time: '2026-01-12T09:00:00+08:00',
    data: { instructionId: 'N-60001', accountId: 'A-10001', lines: [{ contractId: 'C-20001', amountFen: 24_000 }] },
  },
});
