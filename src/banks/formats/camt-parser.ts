import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { FeewardenError } from '../../core/errors.js';
import { camtMessages, type Node, node } from './camt-fields.js';

/** The standard needs 25 levels; envelopes round the document a few more. */
export const XML_DEPTH_MAX = 64;
/** Characters of one text, comment or attribute. The longest field of the standard has 9,000 (attached documents apart). */
export const XML_TEXT_CHARS_MAX = 1_048_576;
export const XML_ATTRIBUTES_MAX = 64;

/** Hears what the parser meets of the elements of which something is wanted, in order. */
export interface NodeListener {
  /** `tag`: as the file writes it. */
  open(node: Node, line: number, tag: string): void;
  /** The attribute `Ccy`, or nothing. */
  currency(text: string): void;
  /** Trimmed. */
  text(node: Node, text: string): void;
  close(node: Node, line: number): void;
  /** The namespace's version, where it is declared. */
  format(name: string): void;
}

const MESSAGES = camtMessages();
/** Outside a message: anything may stand here, and is looked into. */
const OUTSIDE: Node = node();

/** The buffers of saxes that a hostile file can make grow; no event tells of them before they are full. */
interface ParserBuffers {
  readonly text: string;
  readonly name: string;
  readonly entity: string;
}

/** Text of a camt file in, wanted elements out. Throws FeewardenErrors with the line for all that must not be read. */
export class CamtParser {
  sawMessage = false;
  private readonly parser = new SaxesParser({ xmlns: false, position: false });
  private readonly stack: Node[] = [OUTSIDE];
  private top = 0;
  /** Levels below an element that nobody wants. */
  private skipped = 0;
  private attributes = 0;
  private pending = '';
  private wanted = false;

  /** `depth`: the levels above its first element. */
  constructor(
    private readonly listener: NodeListener,
    public depth = 0,
  ) {
    const { parser } = this;
    parser.on('error', (error) => {
      throw this.problem('bad_xml', `${error.message.replace(/\.$/, '')}.`);
    });
    parser.on('doctype', () => {
      throw this.problem('xml_doctype', '');
    });
    parser.on('attribute', (attribute) => this.onAttribute(attribute));
    parser.on('opentag', (tag) => this.onOpen(tag));
    parser.on('closetag', () => this.onClose());
    const onText = (text: string): void => {
      if (this.wanted) this.pending = this.pending === '' ? text : this.pending + text;
    };
    parser.on('text', onText);
    parser.on('cdata', onText);
  }

  write(text: string): void {
    this.parser.write(text);
  }

  /** After each piece: nothing says so earlier. */
  checkSizes(): void {
    const { text, name, entity } = this.parser as unknown as ParserBuffers;
    if (Math.max(text.length, name.length, entity.length, this.pending.length) > XML_TEXT_CHARS_MAX)
      throw this.problem('xml_too_large', `A text may have ${XML_TEXT_CHARS_MAX} characters.`);
  }

  end(): void {
    this.parser.close();
  }

  /** The line that is being read, from 1. */
  get line(): number {
    return this.parser.line;
  }

  /** Lines that were read elsewhere. */
  skipLines(count: number): void {
    this.parser.line += count;
  }

  /** As the file declares it. */
  get xmlVersion(): string {
    return this.parser.xmlDecl.version ?? '1.0';
  }

  problem(code: FeewardenError['code'], detail: string): FeewardenError {
    return new FeewardenError(code, `Line ${this.parser.line}. ${detail}`.trim());
  }

  private onAttribute({ name, value }: { readonly name: string; readonly value: string }): void {
    this.attributes += 1;
    if (this.attributes > XML_ATTRIBUTES_MAX)
      throw this.problem('xml_too_large', `An element may have ${XML_ATTRIBUTES_MAX} attributes.`);
    if (this.top > 0 && this.stack[this.top] !== OUTSIDE) return;
    // The message type is wanted for people only; what a file is, its elements say.
    const format = name.startsWith('xmlns') ? /camt\.05[234]\.001\.\d\d$/.exec(value) : null;
    if (format !== null) this.listener.format(format[0]);
  }

  private onOpen(tag: SaxesTagPlain): void {
    this.attributes = 0;
    this.depth += 1;
    if (this.depth > XML_DEPTH_MAX) throw this.problem('xml_too_deep', `At most ${XML_DEPTH_MAX} levels.`);
    if (this.skipped > 0) {
      this.skipped += 1;
      return;
    }
    const here = this.stack[this.top]!;
    const next = here === OUTSIDE ? this.messageOf(tag.name) : this.childOf(here, tag.name);
    if (next === undefined) {
      this.skipped = 1;
      this.wanted = false;
      return;
    }
    this.top += 1;
    this.stack[this.top] = next;
    this.pending = '';
    this.wanted = next.text !== null;
    if (next.open !== null) this.listener.open(next, this.parser.line, tag.name);
    if (next.hasCurrency) this.listener.currency(tag.attributes['Ccy'] ?? '');
  }

  private onClose(): void {
    this.depth -= 1;
    if (this.skipped > 0) {
      this.skipped -= 1;
      return;
    }
    const closed = this.stack[this.top]!;
    this.top -= 1;
    if (this.wanted) {
      this.wanted = false;
      this.listener.text(closed, this.pending.trim());
    }
    if (closed.close !== null) this.listener.close(closed, this.parser.line);
  }

  private childOf(here: Node, name: string): Node | undefined {
    const found = here.children.get(name);
    if (found !== undefined) return found;
    const colon = name.indexOf(':');
    return colon === -1 ? undefined : here.children.get(name.slice(colon + 1));
  }

  private messageOf(name: string): Node {
    const local = name.slice(name.indexOf(':') + 1).replace(/V\d\d$/, '');
    const message = MESSAGES.get(local);
    if (message !== undefined) this.sawMessage = true;
    return message ?? OUTSIDE;
  }
}
