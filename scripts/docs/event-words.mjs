// What the types of the contract and their fields mean, for docs/events.md. Form, lists of values and what is required come from
// the schemas themselves; scripts/make-docs.mjs refuses a field without words and words without a field.

/** Of fields that mean the same in every type. */
export const COMMON = {
  accountId: 'the account; in bank files the IBAN or other id of the account',
  contractId: 'the contract',
  lessonId: 'the lesson',
  refundId: 'the refund: one id from the request to the last part paid',
  confirmId: 'one confirmation: asked, confirmed or disputed under the same id',
  instructionId: 'the instruction to release',
  paymentId: 'the payment, as the platform or the channel numbers it',
  ticketId: 'the complaint, as the hotline numbers it',
  bankTxnId: 'the movement, as the bank numbers it; unique per account and direction',
  amountFen: 'the amount',
  hours: 'lesson hours',
  bookedOn: 'the day on which the bank booked it',
  balanceAfterFen: 'the balance that the bank shows after it',
  courseId: 'the course',
  courseKind: 'whether a school subject is taught',
  reason: 'in words',
};

export const TYPES = {
  'institution.upserted': {
    what: 'What the registries know of an institution. The newest `time` wins; an optional field that is absent stays as it was, `licence` is replaced whole.',
    fields: {
      name: 'registered name',
      regionCode: 'county, 6 digits (GB/T 2260)',
      townCode: 'town or street',
      gridId: 'grid of the local inspection',
      brand: 'brand, when several institutions share one',
      category: 'what it teaches: school subjects, other things, or both',
      field: 'the field of teaching',
      stages: 'school stages of its learners',
      delivery: 'how it teaches',
      registration: 'what it is registered as',
      licence: 'the licence to run a school',
      'licence.state': 'which of licence and registration it has',
      'licence.number': 'number on the licence',
      'licence.firstIssuedOn': 'first issued',
      'licence.expiresOn': 'last valid day',
      legalRepHash: 'the legal representative',
      controllerHashes: 'those who control it',
      sites: 'its places',
      'sites.siteId': 'the place',
      'sites.closedOn': 'the day on which it closed',
      'sites.noticeOn': 'the day on which closing or moving was announced',
      status: 'whether it works',
      lastYearRevenueFen: 'main revenue of the last year, as reported',
    },
  },
  'account.registered': {
    what: 'A bank account of the institution and what it is for. Movements that arrive before their account are kept and count once it is there.',
    fields: {
      bankCode: 'the bank',
      purpose:
        '`custody` holds fees until they are earned, `deposit` is the risk deposit, `settlement` is the ordinary account',
      mode: 'how the institution is supervised',
      validFrom: 'from this day',
      openingFen: 'balance at the start; absent = 0',
    },
  },
  'account.state_changed': {
    what: 'An account was frozen, closed or made active.',
    fields: { state: 'the new state', filed: 'whether the change was filed with the authority' },
  },
  'account.requirement_set': {
    what: 'What an account must hold. The newest `time` wins, per account and kind.',
    fields: {
      kind: 'smallest balance, or risk deposit',
      validFrom: 'from this day',
      basis: 'where the requirement is written',
    },
  },
  'contract.signed': {
    what: 'A contract with a learner. A later event about the same contract replaces the earlier one.',
    fields: {
      learnerHash: 'the learner',
      modelForm: 'whether the official model contract was used',
      pricing: 'paid by period or by lesson hours',
      hoursPaid: 'lesson hours that are paid',
      hoursGifted: 'lesson hours that are given on top',
      priceFen: 'price of the contract',
      listPriceFen: 'price in the published list',
      periodFrom: 'first day',
      periodTo: 'last day, not before `periodFrom`',
      firstLessonOn: 'day of the first lesson; absent = `periodFrom`',
      fullRefundUntil: 'until this day all is paid back',
      refundDays: 'days to pay a refund after the request',
      refundDaysKind: 'how they are counted; absent = calendar',
    },
  },
  'contract.ended': { what: 'The contract is over: all taught, refunded, or given up.', fields: {} },
  'payment.succeeded': {
    what: 'A parent paid.',
    fields: {
      contractId: 'the contract that is paid; without one the payment is a line of its own',
      hours: 'lesson hours that this payment buys',
      channel: 'how it was paid',
      payeeAccountId: 'the account that took the money, if the channel tells it',
      payerHash: 'who paid',
      loan: 'whether a loan paid it',
    },
  },
  'payment.reversed': { what: 'A payment was taken back by the channel, in whole or in part.', fields: {} },
  'custody.credited': {
    what: 'The bank booked money in.',
    fields: {
      paymentIds:
        'the payments that it settles, whatever the amount; without them it settles the oldest unsettled payment of equal amount of the last 5 working days',
    },
  },
  'custody.debited': {
    what: 'The bank booked money out.',
    fields: {
      purpose: 'why: released to the institution, paid back, bank fee, by order of a court, other',
      refundId: 'the refund that it pays',
      instructionId: 'the instruction that it follows',
    },
  },
  'custody.balance_reported': {
    what: 'The balance as the bank has it.',
    fields: {
      asOf: 'a date for `end_of_day`, a time for `intraday`',
      kind: 'end of a day, or some moment of it',
      bookedFen: 'booked balance',
      availableFen: 'of it available',
      frozenFen: 'of it frozen',
    },
  },
  'guarantee.registered': {
    what: 'An insurance or a bank guarantee that covers fees.',
    fields: {
      guaranteeId: 'the guarantee',
      kind: 'which of the two',
      coverFen: 'what it covers',
      validFrom: 'first day',
      validTo: 'last day, which it still covers',
    },
  },
  'stock.declared': {
    what: 'Fees for lessons not yet taught, taken before the institution was supervised.',
    fields: {
      dueOn: 'the day by which they must be in custody',
      contractId:
        'then it adds to what is paid of that contract; else it is a line of its own that lessons do not consume',
    },
  },
  'lesson.scheduled': {
    what: 'A lesson was planned. A later event about the same lesson replaces the earlier one.',
    fields: {
      teacherHash: 'the teacher',
      roomId: 'the room',
      capacity: 'places in it',
      startsAt: 'begin',
      endsAt: 'end, not before `startsAt`',
      delivery: 'how it is given',
    },
  },
  'lesson.cancelled': { what: 'A planned lesson is not given.', fields: {} },
  'lesson.delivered': {
    what: 'A lesson was given.',
    fields: { learnerHashes: 'who was there', endedAt: 'when it ended' },
  },
  'lesson.confirm_requested': {
    what: 'A parent is asked to confirm a lesson.',
    fields: { amountFen: 'what it is worth', silentOn: 'the day on which silence counts as yes' },
  },
  'lesson.confirmed': {
    what: 'A lesson counts as taken: its worth is earned and may be released. Silence is told by its own event, with `by: silence`.',
    fields: { amountFen: 'what it is worth', by: 'who said so' },
  },
  'lesson.disputed': { what: 'A parent says no. A confirmation after a dispute counts.', fields: {} },
  'release.instructed': {
    what: 'The platform tells the bank to release earned fees.',
    fields: { lines: 'of which contracts', 'lines.contractId': 'the contract', 'lines.amountFen': 'how much of it' },
  },
  'refund.requested': {
    what: 'A parent asks for money back. Without an answer it counts as approved after the 5th working day.',
    fields: { side: 'who caused it: the institution, the parent, or the right to withdraw within seven days' },
  },
  'refund.approved': {
    what: 'The institution agrees to a refund.',
    fields: { dueOn: 'the day by which it must be paid; absent = the contract’s days, else the region’s' },
  },
  'refund.rejected': { what: 'The institution refuses a refund.', fields: {} },
  'refund.withdrawn': { what: 'The parent no longer asks.', fields: {} },
  'refund.paid': {
    what: 'A refund, or a part of it, was paid. A part is its `bankTxnId`, else the event.',
    fields: {
      via: 'out of the custody account, or by the institution itself',
      bankTxnId: 'the bank’s movement that paid it',
      payeeHash: 'who got it',
      originalChannel: 'whether it went back the way it came',
    },
  },
  'statement.filed': {
    what: 'The yearly financial statement.',
    fields: {
      period: 'the year, `YYYY`',
      dueOn: 'the day by which it had to be filed',
      revenueFen: 'revenue',
      expensesFen: 'expenses',
      pretaxIncomeFen: 'income before tax; may be negative',
      equityFen: 'equity; may be negative',
      assetsFen: 'assets',
      deferredRevenueFen: 'fees for lessons not yet taught',
    },
  },
  'complaint.received': {
    what: 'Somebody complained.',
    fields: { kind: 'about what', amountFen: 'how much it is about', keywords: 'words of it, without names' },
  },
  'complaint.closed': { what: 'A complaint was dealt with.', fields: { upheld: 'whether it was right' } },
  'inspection.recorded': {
    what: 'Somebody went there and looked.',
    fields: {
      inspectionId: 'the visit',
      role: 'who went',
      findings: 'what was found',
      licenceSeen: 'as `licence.state`',
      amountFen: 'money that it is about',
    },
  },
  'external.signal': {
    what: 'What other authorities tell. A later event about the same signal replaces the earlier one.',
    fields: {
      signalId: 'the signal',
      kind: 'what it says',
      since: 'since this day',
      amountFen: 'how much it is about',
      clearedOn: 'over since this day',
    },
  },
  'contact.attempted': {
    what: 'Somebody tried to reach the institution.',
    fields: { contactId: 'the attempt', answered: 'whether somebody answered' },
  },
  'break.declared': {
    what: 'No lessons are expected. A later event with the same first day replaces the earlier one.',
    fields: { from: 'first day', to: 'last day, not before `from`' },
  },
  'event.reversed': {
    what: 'An event was wrong. The correction of everything: nothing is ever edited. Both events stay.',
    fields: {
      reverses: 'the event, of the same source and institution',
      'reverses.source': 'its `source`',
      'reverses.id': 'its `id`',
    },
  },
};
