import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StatementItem } from '../statement.js';
import { type CamtHelper, type StartHelper, startThread } from './camt-helper.js';
import { type CamtDialect, PieceReader } from './camt-piece.js';
import { CamtReader } from './camt-reader.js';
import type { Tape } from './camt-tape.js';
import { endsWithTag, PIECE_BYTES, piecesOf } from './pieces.js';

export interface ReadCamtOptions {
  readonly pieceBytes?: number;
  /** Read before help is called: starting it takes as long as reading some megabytes. */
  readonly alonePieces?: number;
  readonly startHelper?: StartHelper;
}

/**
 * ISO 20022 camt.052, .053 and .054 in any version, with or without namespace or envelope → statements, entry by entry, in
 * memory that does not grow with the file. Entities, external references and document types are refused, and so is what is
 * not well-formed; what was handed out before is then the caller's to drop. Of a large file a second thread reads a part of the
 * entries, which changes nothing of what is told or refused.
 * @throws FeewardenError bad_xml, xml_doctype, xml_too_deep, xml_too_large, wrong_encoding, unsupported_encoding,
 *   not_a_statement; each names the line
 */
export async function* readCamt(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  { pieceBytes = PIECE_BYTES, alonePieces = ALONE_PIECES, startHelper = startThread }: ReadCamtOptions = {},
): AsyncGenerator<StatementItem[]> {
  const reader = new CamtReader();
  const pieces = piecesOf(chunks, pieceBytes);
  try {
    let count = 0;
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
      const items = reader.push(next.value);
      if (items.length > 0) yield items;
      count += 1;
      if (count < alonePieces || count % alonePieces !== 0) continue;
      const { dialect } = reader;
      const helper = dialect === null ? null : startHelper(dialect);
      if (helper !== null) yield* readWithHelp(pieces, reader, dialect!, helper);
    }
  } finally {
    await pieces.return(undefined);
  }
  const items = reader.end();
  if (items.length > 0) yield items;
}

const ALONE_PIECES = 128;
/** Pieces that are held at once, read or not. */
const WINDOW_PIECES = 16;
/** Pieces that the helper has before it: one in hand, and the next ones, so that it never waits. */
const HELPER_PIECES = 6;

/** A piece in the window. */
interface Slot {
  readonly piece: Buffer;
  /** Where it begins and ends nothing is cut: it can be read apart from the others. */
  readonly isApart: boolean;
  state: 'waiting' | 'given' | 'read';
  answer: Promise<void> | null;
  tape: Tape | null;
}

/** Both read what nobody has begun; the file's reader puts everything together, in order. */
async function* readWithHelp(
  pieces: AsyncGenerator<Buffer>,
  reader: CamtReader,
  dialect: CamtDialect,
  helper: CamtHelper,
): AsyncGenerator<StatementItem[]> {
  const window = new Window(pieces, helper);
  const own = new PieceReader(dialect);
  try {
    for (;;) {
      await window.fill();
      const first = window.slots[0];
      if (first === undefined) break;
      const idle = window.slots.find((slot) => slot.state === 'waiting' && slot.isApart);
      if (first.state === 'given' && idle !== undefined) {
        idle.tape = own.read(idle.piece);
        idle.state = 'read';
      } else {
        await first.answer;
        window.slots.shift();
        const items = first.tape === null ? reader.push(first.piece) : reader.pushRead(first.piece, first.tape);
        if (items.length > 0) yield items;
      }
      // Answers of a thread arrive between two turns.
      await nextTurn();
    }
    if (window.failure !== null) throw window.failure.error;
  } finally {
    await helper.close();
  }
}

class Window {
  readonly slots: Slot[] = [];
  /** What ended the file before its end; it counts once everything before it was read. */
  failure: { readonly error: unknown } | null = null;
  private isEnded = false;
  private isCut = true;

  constructor(
    private readonly pieces: AsyncGenerator<Buffer>,
    private readonly helper: CamtHelper,
  ) {}

  async fill(): Promise<void> {
    while (!this.isEnded && this.slots.length < WINDOW_PIECES) await this.add();
    let given = this.slots.filter((slot) => slot.state === 'given').length;
    for (const slot of this.slots) {
      if (given >= HELPER_PIECES) return;
      if (slot.state !== 'waiting' || !slot.isApart) continue;
      given += 1;
      slot.state = 'given';
      slot.answer = this.helper.read(slot.piece).then((tape) => {
        slot.tape = tape;
        slot.state = 'read';
      });
      // It is thrown where it is waited for.
      slot.answer.catch(() => {});
    }
  }

  private async add(): Promise<void> {
    try {
      const next = await this.pieces.next();
      if (next.done) {
        this.isEnded = true;
        return;
      }
      const piece = next.value;
      const isCutAfter = !endsWithTag(piece);
      this.slots.push({ piece, isApart: !this.isCut && !isCutAfter, state: 'waiting', answer: null, tape: null });
      this.isCut = isCutAfter;
    } catch (error) {
      this.failure = { error };
      this.isEnded = true;
    }
  }
}
