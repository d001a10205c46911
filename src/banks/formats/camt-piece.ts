import { FeewardenError } from '../../core/errors.js';
import { CamtParser } from './camt-parser.js';
import { type Tape, TapeRecorder } from './camt-tape.js';
import { type TextReader, textReader } from './decode.js';

/** What has to be known of a file to read a piece of it without what stands before. */
export interface CamtDialect {
  readonly encoding: string;
  /** As the file writes it: "Ntry", "ns2:Ntry". */
  readonly entryTag: string;
}

/** Entries that lie deeper are not read apart; those that do not may so go down to the same depth wherever they are read. */
export const RUN_DEPTH = 32;

/**
 * Reads the entries of any piece of a file: runs of whole entries, by the same parser. Whether they are entries where they stand, and all
 * that is between them, the reader of the file judges. Whatever is out of the ordinary makes this decline the piece, so that one judge alone
 * says what is wrong.
 */
export class PieceReader {
  private readonly decoder: TextReader;
  private readonly open: string;
  private readonly close: string;
  private readonly tape = new TapeRecorder();
  private parser: CamtParser | null = null;

  constructor({ encoding, entryTag }: CamtDialect) {
    this.decoder = textReader(encoding);
    this.open = `<${entryTag}>`;
    this.close = `</${entryTag}>`;
  }

  /** `piece` begins and ends between two tags. Null: let the reader of the file read it. */
  read(piece: Buffer): Tape | null {
    this.parser ??= this.parserBetweenEntries();
    try {
      if (this.readText(this.decoder.whole(piece), this.parser)) return this.tape.take();
    } catch (error) {
      if (!(error instanceof FeewardenError)) throw error;
    }
    // The parser may stand anywhere now.
    this.parser = null;
    return null;
  }

  private readText(text: string, parser: CamtParser): boolean {
    // It would be taken for the end of a text.
    if (text.includes('\0')) return false;
    let from = 0;
    for (;;) {
      const start = text.indexOf(this.open, from);
      const end = start === -1 ? -1 : this.endOfRun(text, start);
      if (end === -1) break;
      this.tape.gap(text.slice(from, start), end - this.close.length - start);
      if (!this.readRun(text.slice(start, end), parser)) return false;
      from = end - this.close.length;
    }
    this.tape.gap(text.slice(from), 0);
    return true;
  }

  /** Behind the last of the entries that follow one another from `start` on; -1 when there is none that ends. */
  private endOfRun(text: string, start: number): number {
    let end = -1;
    for (let at = start; ; ) {
      const closing = text.indexOf(this.close, at);
      if (closing === -1) return end;
      end = closing + this.close.length;
      at = end;
      while (isSpace(text.charCodeAt(at))) at += 1;
      if (!text.startsWith(this.open, at)) return end;
    }
  }

  private readRun(text: string, parser: CamtParser): boolean {
    const { tape } = this;
    tape.firstLine = parser.line;
    parser.write(text);
    const { length } = tape;
    // An empty entry is seen as one only between the entries of a statement: so nothing was left open, not even a comment.
    parser.write(PROBE);
    if (tape.length - length !== TapeRecorder.openLength + TapeRecorder.closeLength) return false;
    // The end of the last entry stays with the reader of the file.
    tape.cut(length - TapeRecorder.closeLength);
    tape.lines(parser.line - tape.firstLine);
    return true;
  }

  private parserBetweenEntries(): CamtParser {
    const parser = new CamtParser(this.tape, RUN_DEPTH - 3);
    parser.write('<BkToCstmrStmt><Stmt>');
    this.tape.clear();
    return parser;
  }
}

const PROBE = '<Ntry/>';

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
