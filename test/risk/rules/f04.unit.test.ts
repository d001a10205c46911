import { describe, expect, it } from 'vitest';
import type { EventData } from '../../../src/events/event.js';
import { rule } from '../../../src/risk/rules/f04-complaints.js';
import { ask, noon, type School, school, steps, TODAY } from '../builders.js';

let tickets = 0;
const complain = (one: School, count: number, ago: number, data: Partial<EventData['complaint.received']> = {}) => {
  for (let i = 0; i < count; i += 1) {
    tickets += 1;
    one.register('complaint.received', { ticketId: `h${tickets}`, kind: 'quality', ...data }, noon(TODAY - ago));
  }
  return one;
};

describe('F04 complaints', () => {
  steps(rule, 'of a small school, in seven days:', (count: number) => complain(school().learners(19), count, 3), [
    [2, 'none'],
    [3, 'yellow'],
    [9, 'yellow'],
  ]);
  steps(rule, 'three among learners:', (learners: number) => complain(school().learners(learners), 3, 3), [
    [301, 'yellow'],
    [300, 'orange'],
    [101, 'orange'],
    [100, 'red'],
  ]);
  steps(
    rule,
    'three, in the eight weeks before:',
    (before: number) => complain(complain(school().learners(19), 3, 3), before, 30),
    [
      [8, 'yellow'],
      [9, 'none'],
    ],
  );

  it('tells how many complaints the step takes, or how many tickets say that it is gone', () => {
    const three = (learners: number) => ask(rule, complain(school().learners(learners), 3, 3));
    expect(three(300)).toMatchObject({ level: 'orange', value: 3, threshold: 3 });
    const seven = ask(rule, complain(complain(school().learners(200), 7, 3), 16, 30));
    expect(seven).toMatchObject({ level: 'red', value: 7, threshold: 6 });
    const gone = ask(rule, complain(complain(school().learners(900), 2, 3, { kind: 'closed' }), 6, 2));
    expect(gone).toMatchObject({ level: 'red', value: 2, threshold: 2 });
  });

  it('is red by two tickets that say it is closed or gone, by kind or by keyword', () => {
    const single = ask(rule, complain(school(), 1, 3, { kind: 'closed' }));
    expect(single.level).toBe('none');
    expect(single.reason().en).toContain('; 1 says that it is closed or gone');
    expect(ask(rule, complain(school(), 2, 3, { kind: 'closed' })).level).toBe('red');
    expect(
      ask(rule, complain(complain(school(), 1, 3, { kind: 'closed' }), 1, 2, { keywords: ['老板失联'] })).level,
    ).toBe('red');
    expect(ask(rule, complain(school(), 2, 3, { keywords: ['服务态度'] })).level).toBe('none');
    const said = (...keywords: string[]) => ask(rule, complain(school(), 2, 3, { keywords })).level;
    expect(['人去楼空', '机构关闭', '电话联系不上', '老师失踪', 'Vanished'].map((word) => said('退费', word))).toEqual(
      Array(5).fill('red'),
    );
    expect(['退费', '搬迁', '停课一天'].map((word) => said(word))).toEqual(Array(3).fill('none'));
  });

  it('counts seven days, today included', () => {
    expect(ask(rule, complain(school(), 2, 6, { kind: 'closed' })).level).toBe('red');
    expect(ask(rule, complain(school(), 2, 7, { kind: 'closed' })).level).toBe('none');
  });

  it('names the tickets that say so first', () => {
    const one = complain(complain(school(), 1, 5, { kind: 'closed' }), 3, 1);
    const ids = one.rows().registers['complaint.received']!.map((row) => row.id);
    expect(ask(rule, one).evidence()[0]!.id).toBe(ids[0]);
  });

  it.each([
    ...['closed', 'missing', 'shut', 'gone', 'vanished', 'disappeared', 'unreachable', 'absconded'],
    ...['关门', '关店', '关闭', '闭店', '停业', '歇业', '倒闭', '搬空', '人去楼空'],
    ...['跑路', '卷款', '失联', '失踪', '消失', '联系不上', '找不到人'],
  ])('takes the keyword %s for saying that it is closed or gone', (word) => {
    expect(ask(rule, complain(school(), 2, 3, { keywords: [`学校${word}`] })).level).toBe('red');
  });

  steps(
    rule,
    'three hundred, in the eight weeks before:',
    (before: number) => complain(complain(school().learners(19), 300, 3), before, 30),
    [
      [800, 'yellow'],
      [801, 'none'],
    ],
  );
  steps(rule, 'thirty among learners:', (learners: number) => complain(school().learners(learners), 30, 3), [
    [3_001, 'yellow'],
    [3_000, 'orange'],
    [1_001, 'orange'],
    [1_000, 'red'],
  ]);

  it('takes the mean of the eight weeks before these seven days, and tickets up to now', () => {
    const base = (ago: number) => ask(rule, complain(complain(school().learners(19), 3, 3), 9, ago)).level;
    expect([base(7), base(62)]).toEqual(['none', 'none']);
    expect([base(63), base(6)]).toEqual(['yellow', 'yellow']);
    const now = complain(school(), 2, 0, { kind: 'closed' });
    expect(ask(rule, now, { now: noon(TODAY) })).toMatchObject({ level: 'red', value: 2 });
    expect(ask(rule, now, { now: noon(TODAY) - 1 })).toMatchObject({ level: 'none', value: 0 });
    expect(ask(rule, complain(school().learners(300), 7, 3)).reason().en).toContain('2.33%');
    expect(ask(rule, complain(school().learners(0), 7, 3)).reason().en).toContain('0%');
  });
});
