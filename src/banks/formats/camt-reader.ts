import { FeewardenError } from '../../core/errors.js';
import type { StatementItem } from '../statement.js';
import type { Node } from './camt-fields.js';
import { CamtParser, type NodeListener } from './camt-parser.js';
import { type CamtDialect, RUN_DEPTH } from './camt-piece.js';
import { CamtState } from './camt-state.js';
import { play, type Tape, type TapePlayer } from './camt-tape.js';
import { type TextReader, xmlTextReader } from './decode.js';

/** Of one file. Whoever checks it to its end before anything is booked holds what it says of each; a city has 120,000 accounts. */
export const STATEMENTS_MAX = 200_000;
export const BALANCES_MAX = 2_000_000;

/** Pieces of a file in, as `piecesOf` cuts them, and items out. */
export class CamtReader {
  private readonly state = new CamtState();
  private readonly listener = new StateListener(this.state);
  private readonly parser = new CamtParser(this.listener);
  private decoder: TextReader | null = null;

  push(piece: Buffer): StatementItem[] {
    this.decoder ??= xmlTextReader(piece);
    this.parser.write(this.decode((decoder) => decoder.push(piece)));
    return this.take();
  }

  /** A piece that was already read by a `PieceReader` with this reader's dialect: the same items as `push` gives. */
  pushRead(piece: Buffer, tape: Tape): StatementItem[] {
    play(tape, new PiecePlayer(this.parser, this.listener, () => this.decoder!.whole(piece)));
    return this.take();
  }

  end(): StatementItem[] {
    if (this.decoder === null) throw this.parser.problem('bad_xml', 'It is empty.');
    this.parser.write(this.decode((decoder) => decoder.end()));
    const items = this.take();
    this.parser.end();
    if (this.state.statements === 0 && !this.parser.sawMessage) throw this.parser.problem('not_a_statement', '');
    return [...items, ...this.state.out.splice(0)];
  }

  /** What another needs to know to read pieces of the same file; null as long as there was no entry, and for the rare XML 1.1. */
  get dialect(): CamtDialect | null {
    const { entryTag } = this.listener;
    if (this.decoder === null || entryTag === null || this.parser.xmlVersion !== '1.0') return null;
    return { encoding: this.decoder.encoding, entryTag };
  }

  private decode(step: (decoder: TextReader) => string): string {
    try {
      return step(this.decoder!);
    } catch (error) {
      if (!(error instanceof FeewardenError)) throw error;
      this.parser.skipLines(this.decoder!.linesBeforeFailure);
      throw this.parser.problem(
        error.code,
        'It is not valid in the encoding that it declares, or that UTF-8 would have.',
      );
    }
  }

  private take(): StatementItem[] {
    this.parser.checkSizes();
    if (this.state.statements > STATEMENTS_MAX)
      throw this.parser.problem('xml_too_large', `A file may have ${STATEMENTS_MAX} statements.`);
    if (this.state.balancesKept > BALANCES_MAX)
      throw this.parser.problem('xml_too_large', `A file may have ${BALANCES_MAX} balances.`);
    return this.state.out.splice(0);
  }
}

class StateListener implements NodeListener {
  entryTag: string | null = null;

  constructor(readonly state: CamtState) {}

  open(node: Node, line: number, tag: string): void {
    this.state.line = line;
    node.open!(this.state);
    if (this.entryTag === null && this.state.entries > 0) this.entryTag = tag;
  }

  currency(text: string): void {
    this.state.currency = text;
  }

  text(node: Node, text: string): void {
    node.text!(this.state, text);
  }

  close(node: Node, line: number): void {
    this.state.line = line;
    node.close!(this.state);
  }

  format(name: string): void {
    this.state.format = name;
  }
}

/** Plays what was read apart to the listener of the file's own parser, which reads what is between. */
class PiecePlayer implements TapePlayer {
  private readonly tag: string;
  private chars = 0;
  private line = 0;

  constructor(
    private readonly parser: CamtParser,
    private readonly listener: StateListener,
    private readonly pieceText: () => string,
  ) {
    this.tag = `<${listener.entryTag}>`;
  }

  gap(text: string, readChars: number): boolean {
    const { parser, listener } = this;
    parser.write(text);
    this.chars += text.length;
    if (readChars === 0) return true;
    const { entries } = listener.state;
    parser.write(this.tag);
    this.line = parser.line;
    if (listener.state.entries > entries && parser.depth <= RUN_DEPTH) {
      this.chars += readChars;
      return true;
    }
    // What looked like an entry is a part of a comment, or stands where none is wanted: so the parser must see all of it.
    parser.write(this.pieceText().slice(this.chars + this.tag.length));
    return false;
  }

  lines(count: number): void {
    this.parser.skipLines(count);
  }

  open(node: Node, line: number): void {
    this.listener.open(node, this.line + line, this.tag);
  }

  currency(text: string): void {
    this.listener.currency(text);
  }

  text(node: Node, text: string): void {
    this.listener.text(node, text);
  }

  close(node: Node, line: number): void {
    this.listener.close(node, this.line + line);
  }

  format(): void {}
}
