import { type Fen, formatYuan } from '../core/money.js';

/** Figures as people read them, for the sentences of the rules. Chinese puts 元 after an amount, English ¥ before it. */
export function zhYuan(fen: Fen | number): string {
  return `${formatYuan(BigInt(fen))} 元`;
}

export function enYuan(fen: Fen | number): string {
  const text = formatYuan(BigInt(fen));
  return text.startsWith('-') ? `-¥${text.slice(1)}` : `¥${text}`;
}

/** 9534 basis points → "95.34%"; whole percents without decimals. */
export function percent(basisPoints: number): string {
  const sign = basisPoints < 0 ? '-' : '';
  const abs = Math.abs(basisPoints);
  const decimals =
    abs % 100 === 0
      ? ''
      : `.${String(abs % 100)
          .padStart(2, '0')
          .replace(/0$/, '')}`;
  return `${sign}${Math.floor(abs / 100)}${decimals}%`;
}

/** From here on a share is told no more exactly; of nothing it is this. In basis points: a hundred times. */
export const SHARE_MAX_BP = 1_000_000;

/** As `percent`, for a share that was cut at `SHARE_MAX_BP`. */
export function shareOf(basisPoints: number): { readonly zh: string; readonly en: string } {
  if (basisPoints >= SHARE_MAX_BP) return { zh: '100 倍以上', en: '100 times or more' };
  return { zh: percent(basisPoints), en: percent(basisPoints) };
}

/** Hundredths → "3.5", "12". */
export function decimal(hundredths: number): string {
  const sign = hundredths < 0 ? '-' : '';
  const abs = Math.abs(hundredths);
  const decimals =
    abs % 100 === 0
      ? ''
      : `.${String(abs % 100)
          .padStart(2, '0')
          .replace(/0$/, '')}`;
  return `${sign}${Math.floor(abs / 100)}${decimals}`;
}

/** "3 days", "1 day". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
