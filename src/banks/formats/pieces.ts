/** Bytes of a piece: what is read at once, and the bound of what a text can grow by before its length is looked at. Larger ones are slower: they outgrow the caches. */
export const PIECE_BYTES = 32_768;

const GREATER = 0x3e;

/**
 * Bytes of an XML file, in pieces that end with the end of a tag wherever there is one. Where they are cut depends on the bytes alone and not on
 * the chunks in which they come, so that the same file is refused in the same way however it arrives. A piece is never written to again.
 */
export async function* piecesOf(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<Buffer> {
  let piece: Buffer = Buffer.allocUnsafeSlow(pieceBytes);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const copied = chunk.copy(piece, filled, from);
      from += copied;
      filled += copied;
      if (filled < pieceBytes) continue;
      const cut = piece.lastIndexOf(GREATER) + 1 || pieceBytes;
      const next = Buffer.allocUnsafeSlow(pieceBytes);
      filled = piece.copy(next, 0, cut);
      yield piece.subarray(0, cut);
      piece = next;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

/** No character and no tag is cut between this piece and the next. */
export function endsWithTag(piece: Buffer): boolean {
  return piece[piece.length - 1] === GREATER;
}
