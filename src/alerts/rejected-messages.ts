import type pg from 'pg';
import { isInstitutionId } from '../core/ids.js';
import type { BatchResult } from '../ledger/apply.js';
import { enqueue, type OutgoingMessage } from './outbox.js';

/** `ApplyOptions.alongside`: every newly stored rejection is told as `prepaid.event.rejected.v1`, in the batch's transaction. */
export function tellRejected(options: { readonly kafkaEnabled: boolean }) {
  return async (client: pg.PoolClient, result: BatchResult): Promise<void> => {
    if (result.newlyRejected.length > 0) await enqueue(client, result.newlyRejected.map(rejectedMessage), options);
  };
}

type Rejected = BatchResult['newlyRejected'][number];

function rejectedMessage(row: Rejected): OutgoingMessage {
  const institutionId = row.subject !== null && isInstitutionId(row.subject) ? row.subject : null;
  return {
    id: `rejected.${row.inputHash.toString('hex').slice(0, ID_HASH_CHARS)}.${row.code}.${row.seq}`,
    type: 'prepaid.event.rejected.v1',
    subject: institutionId,
    time: row.receivedAt,
    regionCode: null,
    topic: 'prepaid.rejected',
    data: {
      institutionId,
      institutionName: null,
      regionCode: null,
      code: row.code,
      path: row.path,
      message: row.message,
      origin: row.origin.detail,
      source: row.source,
      id: row.id,
    },
  };
}

const ID_HASH_CHARS = 32;
