import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/c10-refund-credit-points.js';
import { ask, contractData, school, TODAY } from '../builders.js';

describe('C10 refund credit points', () => {
  it.each([
    [0, 0],
    [1, 10],
    [9, 90],
    [11, 100],
  ])('takes points for %i contracts not refunded in time: %i, and raises nothing', (count, points) => {
    const one = school();
    for (let i = 0; i < count; i += 1) {
      const contract = contractData({ contractId: `c${i}` });
      one.refund({
        requestedOn: TODAY - 60,
        approvedOn: TODAY - 59,
        dueOn: TODAY - 30,
        contract,
        contractId: contract.contractId,
      });
    }
    expect(ask(rule, one)).toMatchObject({ level: 'none', value: points });
  });

  it('counts a contract once, a refund of an unknown contract by itself, and nothing that is not late', () => {
    const late = { requestedOn: TODAY - 60, approvedOn: TODAY - 59, dueOn: TODAY - 30 };
    const contract = contractData();
    const one = school()
      .refund({ ...late, contract })
      .refund({ ...late, contract })
      .refund(late)
      .refund(late)
      .refund({ ...late, contract: contractData({ contractId: 'c2' }), dueOn: TODAY + 30 });
    expect(ask(rule, one)).toMatchObject({ level: 'none', value: 30, threshold: 100 });
    expect(ask(rule, one).evidence()).toHaveLength(4);
  });
});
