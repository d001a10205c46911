import { type Fen, maxFen, minFen } from '../core/money.js';
import { parseDay } from '../core/time.js';
import type { FactSheet } from './facts/fact-sheet.js';
import type { ReleasedLine } from './facts/rows.js';

/** What lessons can still earn of the contracts of which more was released than may be. */
export function releasedCanEarn({ rows, accounts }: FactSheet): Fen {
  const isStaged = accounts.mode === 'staged';
  return rows.releasedLines.reduce(
    (sum, line) => sum + (isStaged || overreleased(line) > 0n ? untaught(line) : 0n),
    0n,
  );
}

/** The lines once so much more was confirmed; what was released beyond its lessons is made good first. */
export function withConfirmed(sheet: FactSheet, fen: Fen): readonly ReleasedLine[] {
  let left = fen;
  let lines = sheet.rows.releasedLines;
  for (const missing of sheet.accounts.mode === 'staged' ? stagesOf(sheet) : [overreleased]) {
    if (left === 0n) break;
    lines = lines.map((line) => {
      const taken = minFen(minFen(missing(line), untaught(line)), left);
      left -= taken;
      return taken === 0n ? line : confirmed(line, taken);
    });
  }
  return lines;
}

function overreleased(line: ReleasedLine): Fen {
  return maxFen(0n, line.releasedFen - line.confirmedFen);
}

function untaught(line: ReleasedLine): Fen {
  return maxFen(0n, line.paidFen - line.confirmedFen - line.refundedFen);
}

/**
 * In stages: first every contract up to the third of it that was released, of which the shares of the stages stay a little short; where
 * a policy releases less, up to the next third, and the last.
 */
function stagesOf({ today }: FactSheet): readonly ((line: ReleasedLine) => Fen)[] {
  return [0n, 1n, 2n].map((more) => (line) => {
    const whole = wholeOf(line);
    const part = minFen(3n, (line.releasedFen * 3n + whole - 1n) / maxFen(1n, whole) + more);
    const stageFen = minFen(upTo(part, whole) - line.confirmedFen, byHours(line, part));
    const isOver = line.ended || line.refundedFen > 0n || (line.contract && parseDay(line.contract.periodTo)! < today);
    return maxFen(0n, isOver ? minFen(stageFen, overreleased(line)) : stageFen);
  });
}

function wholeOf(line: ReleasedLine): Fen {
  return maxFen(line.paidFen, BigInt(line.contract?.priceFen ?? 0));
}

/** The least that is so many thirds. */
function upTo(thirds: Fen, whole: Fen): Fen {
  return (whole * thirds + 2n) / 3n;
}

/** What is missing to so many thirds of the hours, at the price of an hour; where hours are not known, all there is. */
function byHours(line: ReleasedLine, thirds: Fen): Fen {
  const whole = wholeOf(line);
  const hours = hoursOf(line);
  if (hours === 0n) return whole;
  return ((upTo(thirds, hours) - BigInt(line.confirmedHoursHundredths)) * whole) / hours;
}

function hoursOf({ contract }: ReleasedLine): Fen {
  return BigInt(Math.round((contract?.hoursPaid ?? 0) * 100));
}

/** An hour costs its share of the price; rounded up, as what is missing is rounded down. */
function confirmed(line: ReleasedLine, fen: Fen): ReleasedLine {
  const hours = (hoursOf(line) * fen + wholeOf(line) - 1n) / maxFen(1n, wholeOf(line));
  return {
    ...line,
    confirmedFen: line.confirmedFen + fen,
    confirmedHoursHundredths: line.confirmedHoursHundredths + Number(hours),
  };
}
