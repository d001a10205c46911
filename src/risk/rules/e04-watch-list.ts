import { parseDay, startOfDay, type Us } from '../../core/time.js';
import { earliest, ifLater } from '../facts/moments.js';
import { profileEvidence } from '../facts/profile.js';
import { defineRule, type Sentence } from '../rule.js';
import { enYuan, plural, zhYuan } from '../text.js';

/**
 * Large or closely watched: raises findings of groups A and C by one level, but for those about the bank's data alone (A06, A07), and
 * is no finding itself.
 */
export const rule = defineRule({
  id: 'E04',
  version: 2,
  group: 'E',
  watches: true,
  name: { zh: '重点关注机构', en: 'Watch list' },
  question: { zh: '是不是应重点关注的大机构？', en: 'Is it large enough to be watched closely?' },
  basis: { zh: '本系统默认；20 万元参照上海', en: 'Our default; ¥200,000 after Shanghai' },
  params: {
    unearnedFen: { value: 200_000_000, unit: 'fen', source: 'ours', note: 'U of ¥2m.' },
    learners: { value: 500, unit: 'count', min: 1, source: 'ours', note: '500 active learners.' },
    sites: { value: 3, unit: 'count', min: 1, source: 'ours', note: 'Three open sites.' },
    depositModeFen: {
      value: 20_000_000,
      unit: 'fen',
      source: 'analog',
      note: 'In deposit mode U of ¥200,000 (Shanghai).',
    },
    countyTop: {
      value: 1,
      unit: 'flag',
      source: 'ours',
      note: 'Among the largest 5% of a county of 20 institutions or more.',
    },
  },
  evaluate(sheet, p) {
    const closings = (sheet.rows.profile?.sites ?? []).map((site) =>
      site.closedOn === undefined ? null : parseDay(site.closedOn)!,
    );
    const sites = closings.filter((closedOn) => closedOn === null || closedOn > sheet.today).length;
    const grounds: Sentence[] = [];
    if (sheet.unearnedFen >= BigInt(p.unearnedFen))
      grounds.push({ zh: `未消课预收 ${zhYuan(sheet.unearnedFen)}`, en: `${enYuan(sheet.unearnedFen)} unearned` });
    if (sheet.activeLearners >= p.learners)
      grounds.push({ zh: `在读学员 ${sheet.activeLearners} 人`, en: plural(sheet.activeLearners, 'active learner') });
    if (p.countyTop === 1 && sheet.rows.countyTopShare)
      grounds.push({ zh: '规模居本县前 5%', en: 'among the largest 5% of its county' });
    if (sites >= p.sites) grounds.push({ zh: `校区 ${sites} 个`, en: plural(sites, 'site') });
    if (sheet.accounts.mode === 'deposit' && sheet.unearnedFen >= BigInt(p.depositModeFen))
      grounds.push({ zh: '保证金模式且未消课预收达到标准', en: 'in deposit mode with large unearned fees' });
    return {
      state: 'answered',
      level: 'none',
      holdLevel: 'none',
      value: grounds.length,
      threshold: 1,
      unit: 'count',
      reason: () => ({
        zh: grounds.length === 0 ? '不在重点关注之列' : `重点关注：${grounds.map((one) => one.zh).join('，')}`,
        en:
          grounds.length === 0
            ? 'Not on the watch list'
            : `Watched closely: ${grounds.map((one) => one.en).join('; ')}`,
      }),
      evidence: () => profileEvidence(sheet, 'sites'),
      lookAgainAt: closings.reduce<Us | null>(
        (at, closedOn) => earliest(at, closedOn === null ? null : ifLater(startOfDay(closedOn), sheet.now)),
        null,
      ),
      flag: grounds.length > 0,
    };
  },
});
