import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { FeewardenError } from '../../core/errors.js';
import type { StatementItem } from '../statement.js';
import { camtMessages, type Node, node } from './camt-fields.js';
import { CamtState } from './camt-state.js';
import { type TextReader, xmlTextReader } from './decode.js';

/** The standard needs 25 levels; envelopes round the document a few more. */
export const XML_DEPTH_MAX = 64;
/** Characters of one text, comment or attribute. The longest field of the standard has 9,000 (attached documents apart). */
export const XML_TEXT_CHARS_MAX = 1_048_576;
export const XML_ATTRIBUTES_MAX = 64;

/**
 * ISO 20022 camt.052, .053 and .054 in any version, with or without namespace or envelope → statements, entry by entry, in
 * memory that does not grow with the file. Entities, external references and document types are refused, and so is what is
 * not well-formed; what was handed out before is then the caller's to drop.
 * @throws FeewardenError bad_xml, xml_doctype, xml_too_deep, xml_too_large, wrong_encoding, unsupported_encoding,
 *   not_a_statement; each names the line
 */
export async function* readCamt(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<StatementItem[]> {
  const reader = new CamtReader();
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      const items = reader.push(chunk.subarray(from, from + PIECE_BYTES));
      if (items.length > 0) yield items;
    }
  }
  const items = reader.end();
  if (items.length > 0) yield items;
}

/** Also bounds what one piece can add to a text before its length is looked at. */
const PIECE_BYTES = 131_072;

const MESSAGES = camtMessages();
/** Outside a message: anything may stand here, and is looked into. */
const OUTSIDE: Node = node();

/** The buffers of saxes that a hostile file can make grow; no event tells of them before they are full. */
interface ParserBuffers {
  readonly text: string;
  readonly name: string;
  readonly entity: string;
}

/** Pushes bytes in, gives items out. */
export class CamtReader {
  private readonly state = new CamtState();
  private readonly parser = new SaxesParser({ xmlns: false, position: false });
  private readonly stack: Node[] = [OUTSIDE];
  private top = 0;
  private depth = 0;
  /** Levels below an element that nobody wants. */
  private skipped = 0;
  private attributes = 0;
  private text = '';
  private wanted = false;
  private decoder: TextReader | null = null;

  constructor() {
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
      if (this.wanted) this.text = this.text === '' ? text : this.text + text;
    };
    parser.on('text', onText);
    parser.on('cdata', onText);
  }

  push(bytes: Buffer): StatementItem[] {
    this.decoder ??= xmlTextReader(bytes);
    this.write(this.decode((decoder) => decoder.push(bytes)));
    return this.state.out.splice(0);
  }

  end(): StatementItem[] {
    if (this.decoder === null) throw this.problem('bad_xml', 'It is empty.');
    this.write(this.decode((decoder) => decoder.end()));
    this.parser.close();
    if (this.state.statements === 0 && !this.sawMessage) throw this.problem('not_a_statement', '');
    return this.state.out.splice(0);
  }

  private sawMessage = false;

  private decode(step: (decoder: TextReader) => string): string {
    try {
      return step(this.decoder!);
    } catch (error) {
      if (!(error instanceof FeewardenError)) throw error;
      throw this.problem(error.code, `It is not valid in the encoding that it declares, or that UTF-8 would have.`);
    }
  }

  private write(text: string): void {
    this.parser.write(text);
    const buffers = this.parser as unknown as ParserBuffers;
    const longest = Math.max(buffers.text.length, buffers.name.length, buffers.entity.length, this.text.length);
    if (longest > XML_TEXT_CHARS_MAX)
      throw this.problem('xml_too_large', `A text may have ${XML_TEXT_CHARS_MAX} characters.`);
  }

  private onAttribute({ name, value }: { readonly name: string; readonly value: string }): void {
    this.attributes += 1;
    if (this.attributes > XML_ATTRIBUTES_MAX)
      throw this.problem('xml_too_large', `An element may have ${XML_ATTRIBUTES_MAX} attributes.`);
    if (this.top > 0 && this.stack[this.top] !== OUTSIDE) return;
    // The message type is wanted for people only; what a file is, its elements say.
    if (name.startsWith('xmlns')) this.state.format = /camt\.05[234]\.001\.\d\d$/.exec(value)?.[0] ?? this.state.format;
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
    this.text = '';
    this.wanted = next.text !== null;
    if (next.open !== null) {
      this.state.line = this.parser.line;
      next.open(this.state);
    }
    if (next.hasCurrency) this.state.currency = tag.attributes['Ccy'] ?? '';
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
      closed.text!(this.state, this.text.trim());
    }
    if (closed.close !== null) {
      this.state.line = this.parser.line;
      closed.close(this.state);
    }
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

  private problem(code: FeewardenError['code'], detail: string): FeewardenError {
    return new FeewardenError(code, `Line ${this.parser.line}. ${detail}`.trim());
  }
}
