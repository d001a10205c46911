import { refsOf } from '../facts/evidence.js';
import { levelOf } from '../level.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/** The newest state of each supervised account: frozen, or changed without being filed. */
export const rule = defineRule({
  id: 'A09',
  version: 2,
  group: 'A',
  name: { zh: '账户状态异常', en: 'Account state' },
  question: {
    zh: '监管账户是否被冻结或未经备案变更？',
    en: 'Is a supervised account frozen, or changed without filing?',
  },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    frozenLevel: { value: 4, unit: 'level', source: 'ours', note: 'A frozen account is red.' },
    unfiledLevel: { value: 3, unit: 'level', source: 'ours', note: 'A change that was not filed is orange.' },
  },
  order: [['unfiledLevel', 'frozenLevel']],
  remedies: ['account_filed'],
  evaluate(sheet, p) {
    const supervised = [...sheet.accounts.custody, ...sheet.accounts.deposit].filter(
      (account) => account.change !== null,
    );
    const frozen = supervised.filter((account) => account.state === 'frozen');
    const unfiled = supervised.filter((account) => account.state !== 'frozen' && account.change?.filed === false);
    const judgement = judge([
      { level: levelOf(p.unfiledLevel), threshold: 0, tests: [is(unfiled.length > 0)] },
      { level: levelOf(p.frozenLevel), threshold: 0, tests: [is(frozen.length > 0)] },
    ]);
    const changed = [...frozen, ...unfiled];
    return {
      state: 'answered',
      ...judgement,
      value: changed.length,
      unit: 'count',
      reason: () => ({
        zh: `${frozen.length} 个监管账户被冻结，${unfiled.length} 个变更未备案：${changed.map((account) => account.accountId).join('、') || '无'}`,
        en: `${plural(frozen.length, 'supervised account')} frozen, ${unfiled.length} changed without filing: ${changed.map((account) => account.accountId).join(', ') || 'none'}`,
      }),
      evidence: () =>
        refsOf(
          changed.flatMap((account) => account.change ?? []),
          changed.map((account) => account.told),
        ),
      lookAgainAt: null,
    };
  },
});
