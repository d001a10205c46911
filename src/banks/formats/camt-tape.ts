import { type Node, nodeOf } from './camt-fields.js';
import type { NodeListener } from './camt-parser.js';

/** What a parser met in one piece of a file, in a form that passes between threads cheaply: the copying of objects costs as much as the parsing. */
export interface Tape {
  readonly codes: Int32Array<ArrayBuffer>;
  /** All texts, in order, with a NUL between them: no XML has one. */
  readonly texts: string;
}

/** What a tape is played to. */
export interface TapePlayer extends NodeListener {
  /** Text that has to be parsed in its place, and then what was read: from the start tag of an entry to before the end tag of one. False ends the play. */
  gap(text: string, readChars: number): boolean;
  /** Ends of lines in what was read. */
  lines(count: number): void;
}

const OPEN = 0;
const TEXT = 1;
const CLOSE = 2;
const OTHER = 3;
/** Instead of the number of a node. */
const CURRENCY = 0;
const GAP = 1;
const LINES = 2;
const SEPARATOR = '\0';

/** Lines are counted from the start of each part that was read. */
export class TapeRecorder implements NodeListener {
  /** Codes that an element's start takes, and its end. */
  static readonly openLength = 2;
  static readonly closeLength = 2;
  firstLine = 0;
  private codes: number[] = [];
  private texts: string[] = [];

  /** Of codes: what came after a mark can be taken back. */
  get length(): number {
    return this.codes.length;
  }

  cut(length: number): void {
    this.codes.length = length;
  }

  open(node: Node, line: number): void {
    this.codes.push((node.id << 2) | OPEN, line - this.firstLine);
  }

  currency(text: string): void {
    this.codes.push((CURRENCY << 2) | OTHER);
    this.texts.push(text);
  }

  text(node: Node, text: string): void {
    this.codes.push((node.id << 2) | TEXT);
    this.texts.push(text);
  }

  close(node: Node, line: number): void {
    this.codes.push((node.id << 2) | CLOSE, line - this.firstLine);
  }

  format(): void {}

  gap(text: string, readChars: number): void {
    this.codes.push((GAP << 2) | OTHER, readChars);
    this.texts.push(text);
  }

  lines(count: number): void {
    this.codes.push((LINES << 2) | OTHER, count);
  }

  take(): Tape {
    const tape = { codes: Int32Array.from(this.codes), texts: this.texts.join(SEPARATOR) };
    this.clear();
    return tape;
  }

  clear(): void {
    this.codes = [];
    this.texts = [];
  }
}

export function play({ codes, texts }: Tape, player: TapePlayer): void {
  const told = texts.split(SEPARATOR);
  let next = 0;
  for (let at = 0; at < codes.length; ) {
    const code = codes[at++]!;
    const number = code >> 2;
    switch (code & 3) {
      case OPEN:
        player.open(nodeOf(number), codes[at++]!, '');
        break;
      case TEXT:
        player.text(nodeOf(number), told[next++]!);
        break;
      case CLOSE:
        player.close(nodeOf(number), codes[at++]!);
        break;
      default:
        if (number === CURRENCY) player.currency(told[next++]!);
        else if (number === LINES) player.lines(codes[at++]!);
        else if (!player.gap(told[next++]!, codes[at++]!)) return;
    }
  }
}
