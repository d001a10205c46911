/** One record as it stands in the input: a line, an element of an array, an object. */
export interface InputRecord {
  /** Without delimiter. May be a view of a larger chunk: copy it to keep it. If `tooLarge`, only the first 1 KiB. */
  bytes: Buffer;
  /** The line of the unpacked input on which the record starts, from 1. Blank lines count. */
  line: number;
  /** How many records stand before it. */
  index: number;
  /** Offset in the unpacked input just behind the record and its delimiter: where to resume. */
  endOffset: number;
  /** Longer than `recordBytesMax`; the rest was skipped. */
  tooLarge: boolean;
}

/** The last record that is done: its `endOffset`, `line` and `index`. Reading resumes with the record after it. */
export interface ResumePoint {
  readonly offset: number;
  readonly line: number;
  readonly index: number;
}

/** Cuts bytes into records. */
export interface Splitter {
  push(chunk: Buffer, out: InputRecord[]): void;
  /** Adds the last record; answers what is wrong with the end of the input, as a full sentence, or null. */
  end(out: InputRecord[]): string | null;
}
