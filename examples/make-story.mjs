// Writes the events of one invented institution, with dates that lead up to today, for the tour of the README.
// Run: node examples/make-story.mjs FOLDER
//
// 潍坊市示范艺术培训中心 sells forty piano lessons for ¥4,800. Five families buy. Four payments go into the custody account; the fifth
// goes into an account that nobody registered. One family has asked for its money back, was promised it, and still waits.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const INSTITUTION = '91370702MA3EXAMP07';
const PLATFORM = '/platform/370700';
const BANK = '/bank/B003';
const ACCOUNT = 'A-10001';
const PRICE_FEN = 480_000;
const LESSON_FEN = 12_000;
const DAY_MS = 86_400_000;
const SHANGHAI_MS = 8 * 3_600_000;

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node examples/make-story.mjs FOLDER');
  process.exit(2);
}

/** The day so many days ago, in Shanghai: YYYY-MM-DD. */
const day = (daysAgo) => new Date(Date.now() + SHANGHAI_MS - daysAgo * DAY_MS).toISOString().slice(0, 10);
const time = (daysAgo, clock) => `${day(daysAgo)}T${clock}:00+08:00`;
/** People appear only as hashes. */
const person = (name) => createHash('sha256').update(`an example, not a person: ${name}`).digest('hex').slice(0, 32);

/** One CloudEvent; the id says what it is about. */
function event(source, id, type, at, data) {
  const envelope = { specversion: '1.0', id, source, type: `prepaid.${type}.v1`, subject: INSTITUTION, time: at };
  return { ...envelope, data };
}

const institution = event('/registry/370700', 'institution-1', 'institution.upserted', time(120, '09:00'), {
  name: '潍坊市示范艺术培训中心',
  regionCode: '370702',
  gridId: 'G370702-14',
  category: 'non_subject',
  field: 'culture',
  stages: ['compulsory'],
  delivery: 'offline',
  registration: 'for_profit',
  licence: { state: 'complete', number: '教民137070270000011', firstIssuedOn: '2022-03-01', expiresOn: day(-700) },
  legalRepHash: person('director'),
  sites: [{ siteId: 'S1' }],
  status: 'operating',
});

const families = [1, 2, 3, 4, 5];

const contracts = families.map((n) =>
  event(PLATFORM, `contract-${n}`, 'contract.signed', time(62, `1${n}:00`), {
    contractId: `C-${n}`,
    learnerHash: person(`learner ${n}`),
    courseId: 'PIANO-1',
    courseKind: 'non_subject',
    modelForm: true,
    pricing: 'hour',
    hoursPaid: 40,
    priceFen: PRICE_FEN,
    listPriceFen: PRICE_FEN,
    periodFrom: day(60),
    periodTo: day(-26),
    firstLessonOn: day(60),
  }),
);

/** The account, four payments with their credits, two lessons a week with their confirmations and releases, and the bank's evening balance. */
function ordinaryDays() {
  const events = [
    event(BANK, 'account-1', 'account.registered', time(120, '10:00'), {
      accountId: ACCOUNT,
      bankCode: 'B003',
      purpose: 'custody',
      mode: 'per_lesson',
      validFrom: day(120),
    }),
  ];
  let balanceFen = 0;
  for (const n of families.slice(0, 4)) {
    balanceFen += PRICE_FEN;
    events.push(
      payment(n, ACCOUNT),
      event(BANK, `credit-${n}`, 'custody.credited', time(61, `0${n}:30`), {
        accountId: ACCOUNT,
        bankTxnId: `T-CREDIT-${n}`,
        amountFen: PRICE_FEN,
        bookedOn: day(61),
        paymentIds: [`P-${n}`],
        balanceAfterFen: balanceFen,
      }),
    );
  }
  for (let daysAgo = 60; daysAgo >= 1; daysAgo -= 1) {
    if (daysAgo % 3 === 0) {
      events.push(...lesson(daysAgo));
      balanceFen -= 4 * LESSON_FEN;
    }
    events.push(
      event(BANK, `balance-${day(daysAgo)}`, 'custody.balance_reported', time(daysAgo, '23:50'), {
        accountId: ACCOUNT,
        asOf: day(daysAgo),
        kind: 'end_of_day',
        bookedFen: balanceFen,
      }),
    );
  }
  return events;
}

function payment(n, payeeAccountId) {
  return event(PLATFORM, `payment-${n}`, 'payment.succeeded', time(62, `1${n}:05`), {
    paymentId: `P-${n}`,
    contractId: `C-${n}`,
    amountFen: PRICE_FEN,
    hours: 40,
    channel: 'wechat',
    payeeAccountId,
    payerHash: person(`parent ${n}`),
  });
}

/** Taught to the four whose money is in custody, confirmed by their parents, released by the bank the same evening. */
function lesson(daysAgo) {
  const on = day(daysAgo);
  const taught = families.slice(0, 4);
  return [
    event(PLATFORM, `lesson-${on}`, 'lesson.scheduled', time(daysAgo + 1, '08:00'), {
      lessonId: `L-${on}`,
      courseId: 'PIANO-1',
      teacherHash: person('teacher'),
      startsAt: time(daysAgo, '15:00'),
      endsAt: time(daysAgo, '16:30'),
      delivery: 'offline',
      courseKind: 'non_subject',
    }),
    event(PLATFORM, `taught-${on}`, 'lesson.delivered', time(daysAgo, '16:31'), {
      lessonId: `L-${on}`,
      learnerHashes: taught.map((n) => person(`learner ${n}`)),
    }),
    ...taught.flatMap((n) => [
      event(PLATFORM, `asked-${on}-${n}`, 'lesson.confirm_requested', time(daysAgo, '16:40'), {
        confirmId: `F-${on}-${n}`,
        contractId: `C-${n}`,
        lessonId: `L-${on}`,
        hours: 1,
        amountFen: LESSON_FEN,
      }),
      event(PLATFORM, `confirmed-${on}-${n}`, 'lesson.confirmed', time(daysAgo, `18:${10 + n * 7}`), {
        confirmId: `F-${on}-${n}`,
        contractId: `C-${n}`,
        lessonId: `L-${on}`,
        hours: 1,
        amountFen: LESSON_FEN,
        by: 'parent',
      }),
    ]),
    event(PLATFORM, `release-${on}`, 'release.instructed', time(daysAgo, '20:00'), {
      instructionId: `N-${on}`,
      accountId: ACCOUNT,
      lines: taught.map((n) => ({ contractId: `C-${n}`, amountFen: LESSON_FEN })),
    }),
    event(BANK, `debit-${on}`, 'custody.debited', time(daysAgo, '21:00'), {
      accountId: ACCOUNT,
      bankTxnId: `T-RELEASE-${on}`,
      amountFen: taught.length * LESSON_FEN,
      bookedOn: on,
      purpose: 'release',
      instructionId: `N-${on}`,
    }),
  ];
}

/** What goes wrong: a fee outside custody, and a refund that was promised for a day long past. */
const trouble = [
  payment(5, 'A-66666'),
  event(PLATFORM, 'refund-asked-5', 'refund.requested', time(45, '20:10'), {
    refundId: 'Y-5',
    contractId: 'C-5',
    amountFen: PRICE_FEN,
    side: 'consumer',
  }),
  event(PLATFORM, 'refund-approved-5', 'refund.approved', time(42, '15:00'), {
    refundId: 'Y-5',
    contractId: 'C-5',
    amountFen: PRICE_FEN,
    dueOn: day(32),
  }),
];

/** A family pays ¥98.00 for sheet music. */
function sheetMusic(id, amountFen) {
  const data = { paymentId: 'P-6', contractId: 'C-4', amountFen, channel: 'wechat', payeeAccountId: ACCOUNT };
  return event(PLATFORM, id, 'payment.succeeded', time(1, '18:00'), data);
}

/** Refused: money is an integer of fen. */
const decimalPoint = sheetMusic('payment-6-decimal', 98.5);
/** Accepted, and wrong: ¥980.00. */
const tooMuch = sheetMusic('payment-6', 98_000);
/** The right amount, refused while the wrong one stands. */
const corrected = sheetMusic('payment-6-corrected', 9_800);
/** Takes the wrong one back; then the right one is booked by itself. */
const reversal = event(PLATFORM, 'payment-6-reversed', 'event.reversed', time(1, '18:30'), {
  reverses: { source: PLATFORM, id: 'payment-6' },
  reason: 'ten times too much',
});

/** Fields that the contract does not know are kept, however deep they are nested, up to a limit. */
const complaint = event('/hotline/12345', 'complaint-1', 'complaint.received', time(1, '11:20'), {
  ticketId: 'H-42',
  kind: 'refund',
  amountFen: PRICE_FEN,
  hotline: { call: { answeredBy: { desk: 7 } } },
});

mkdirSync(folder, { recursive: true });
const write = (name, text) => {
  writeFileSync(path.join(folder, name), text);
  console.log(path.join(folder, name));
};
const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const lines = (events) => events.map((one) => `${JSON.stringify(one)}\n`).join('');
write('institution.json', json(institution));
write('contracts.json', json(contracts));
write('days.ndjson', lines(ordinaryDays()));
write('trouble.ndjson', lines(trouble));
write('decimal-point.json', json(decimalPoint));
write('too-much.json', json(tooMuch));
write('corrected.json', json(corrected));
write('reversal.json', json(reversal));
write('complaint.json', json(complaint));
