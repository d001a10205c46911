import { type Day, startOfDay, US_PER_DAY, type Us } from '../core/time.js';
import type { Confirmation, Details } from '../ledger/details.js';
import { isNewer } from '../ledger/rows.js';
import {
  CONFIRMATION_DAYS,
  type ConfirmationRow,
  DELIVERY_DAYS,
  DELIVERY_MEMORY_DAYS,
  type DeliveryRow,
  isBefore,
  LATE_DAYS,
  LESSON_DAYS,
  type LessonRow,
  REQUEST_DAYS,
} from '../risk/facts/rows.js';
import { PART } from './changed.js';
import { isOrdinaryLesson } from './ordinary.js';
import { SortedRows } from './sorted-rows.js';

/** Lessons and confirmations of the windows that an evaluation reads, kept up to date one by one. The day only moves forward. */
export class TeachingWindow {
  private readonly lessonRows = new LessonList<LessonRow>();
  private readonly deliveryRows = new LessonList<DeliveryRow>();
  private readonly confirmationRows = new SortedRows<ConfirmationRow>(isNewer);
  private readonly known = new Map<string, ConfirmationRow>();
  /** Lessons that confirmations of the window name. */
  private readonly named = new Map<string, NamedLesson>();
  private today: Day = Number.NEGATIVE_INFINITY;
  private lessonsFrom: Us = Number.NEGATIVE_INFINITY;
  private deliveriesFrom: Us = Number.NEGATIVE_INFINITY;
  private confirmationsFrom: Us = Number.NEGATIVE_INFINITY;
  /** The window left something behind at the last call of `follow`. */
  hasMoved = false;
  private readonly lessonsOf = new Map<string, number>();
  /** Teachers came into the window or left it; whoever follows takes the mark away. */
  haveTeachersChanged = false;

  constructor(private readonly details: Details) {}

  get lessons(): readonly LessonRow[] {
    return this.lessonRows.rows;
  }
  get deliveries(): readonly DeliveryRow[] {
    return this.deliveryRows.rows;
  }
  get confirmations(): readonly ConfirmationRow[] {
    return this.confirmationRows.rows;
  }

  /** Answers the parts that changed other than by the passing of days. */
  follow(today: Day): number {
    const { changedLessons, changedConfirmations } = this.details;
    this.hasMoved = this.moveTo(today);
    if (changedLessons.size === 0 && changedConfirmations.size === 0) return 0;
    let parts: number = PART.teaching;
    for (const lessonId of changedLessons) parts |= this.updateLesson(lessonId);
    for (const confirmId of changedConfirmations) this.updateConfirmation(confirmId);
    changedLessons.clear();
    changedConfirmations.clear();
    return parts;
  }

  /** Answers the part of the schedule that changed. */
  private updateLesson(lessonId: string): number {
    const row = this.lessonOf(lessonId);
    const part = this.updateSchedule(lessonId, row !== null && row.startsAt >= this.lessonsFrom ? row : null);
    const given =
      row !== null && row.startsAt >= this.deliveriesFrom ? this.details.delivered.get(lessonId) : undefined;
    this.deliveryRows.set(lessonId, given ? { ...row!, learners: given.learners } : null);
    this.updateNamed(lessonId, row);
    return part;
  }

  private updateNamed(lessonId: string, row: LessonRow | null): void {
    const named = this.named.get(lessonId);
    if (named === undefined || isSamePlace(named.place, row)) return;
    named.place = placeOf(row);
    for (const confirmId of named.confirmIds) {
      const before = this.known.get(confirmId)!;
      const after = { ...before, lesson: named.place };
      this.confirmationRows.replace(before, after);
      this.known.set(confirmId, after);
    }
  }

  private updateSchedule(lessonId: string, row: LessonRow | null): number {
    const before = this.lessonRows.get(lessonId) ?? null;
    if (row === before || (row !== null && before !== null && isSameLesson(row, before))) return 0;
    this.lessonRows.set(lessonId, row);
    this.countTeacher(before?.teacherHash ?? null, -1);
    this.countTeacher(row?.teacherHash ?? null, 1);
    const isOrdinary = row !== null && isOrdinaryLesson(row) && (before === null || isOrdinaryLesson(before));
    return isOrdinary ? PART.timetable : PART.lessons;
  }

  private countTeacher(teacherHash: string | null, by: 1 | -1): void {
    if (teacherHash === null) return;
    const { lessonsOf } = this;
    const before = lessonsOf.get(teacherHash) ?? 0;
    if (before + by === 0) lessonsOf.delete(teacherHash);
    else lessonsOf.set(teacherHash, before + by);
    if (before === 0 || before + by === 0) this.haveTeachersChanged = true;
  }

  private lessonOf(lessonId: string): LessonRow | null {
    const scheduled = this.details.scheduled.get(lessonId);
    if (scheduled === undefined) return null;
    const given = this.details.delivered.get(lessonId);
    const cancelled = this.details.cancelled.get(lessonId) !== undefined && given === undefined;
    return { ...scheduled, cancelled, endedAt: given?.endedAt ?? null };
  }

  private updateConfirmation(confirmId: string): void {
    const before = this.known.get(confirmId);
    if (before) this.drop(before);
    const told = this.details.confirmations.get(confirmId);
    if (told === undefined || told.at < this.confirmationsFrom) return;
    const named = told.lessonId === null ? null : this.namedLesson(told.lessonId);
    named?.confirmIds.add(confirmId);
    const row = this.confirmationOf(told, named === null ? null : named.place);
    this.confirmationRows.insert(row);
    this.known.set(confirmId, row);
  }

  /** All that attended a lesson confirm it. */
  private namedLesson(lessonId: string): NamedLesson {
    let named = this.named.get(lessonId);
    if (named === undefined) {
      named = { place: placeOf(this.lessonOf(lessonId)), confirmIds: new Set() };
      this.named.set(lessonId, named);
    }
    return named;
  }

  private confirmationOf(told: Confirmation, lesson: Place): ConfirmationRow {
    const { at, source, id, confirmId, contractId, lessonId, amountFen, by } = told;
    const asked = this.details.requests.get(confirmId);
    const requestedAt = asked !== undefined && asked.at >= at - REQUEST_DAYS * US_PER_DAY ? asked.at : null;
    return { at, source, id, confirmId, contractId, lessonId, amountFen, by, requestedAt, lesson };
  }

  /** The rows of an earlier day, at most `LATE_DAYS` back. Looks through everything. */
  rowsOn(day: Day): {
    readonly lessons: readonly LessonRow[];
    readonly deliveries: readonly DeliveryRow[];
    readonly confirmations: readonly ConfirmationRow[];
  } {
    const { scheduled, delivered, confirmations } = this.details;
    const lessons = [...scheduled.keys()]
      .flatMap((lessonId) => this.lessonOf(lessonId) ?? [])
      .filter(({ startsAt }) => startsAt >= startOfDay(day - LESSON_DAYS))
      .sort((a, b) => (isBefore(a, b) ? -1 : 1));
    return {
      lessons,
      deliveries: lessons.flatMap((lesson) => {
        const given = lesson.startsAt >= startOfDay(day - DELIVERY_DAYS) ? delivered.get(lesson.lessonId) : undefined;
        return given ? { ...lesson, learners: given.learners } : [];
      }),
      confirmations: [...confirmations.values()]
        .filter(({ at }) => at >= startOfDay(day - CONFIRMATION_DAYS))
        .map((told) => this.confirmationOf(told, told.lessonId === null ? null : placeOf(this.lessonOf(told.lessonId))))
        .sort((a, b) => (isNewer(a, b) ? 1 : -1)),
    };
  }

  private drop(row: ConfirmationRow): void {
    this.confirmationRows.remove(row);
    this.forget(row);
  }

  private forget(row: ConfirmationRow): void {
    this.known.delete(row.confirmId);
    if (row.lessonId === null) return;
    const { confirmIds } = this.named.get(row.lessonId)!;
    confirmIds.delete(row.confirmId);
    if (confirmIds.size === 0) this.named.delete(row.lessonId);
  }

  private moveTo(today: Day): boolean {
    if (today <= this.today) return false;
    this.today = today;
    this.lessonsFrom = startOfDay(today - LESSON_DAYS);
    this.deliveriesFrom = startOfDay(today - DELIVERY_DAYS);
    this.confirmationsFrom = startOfDay(today - CONFIRMATION_DAYS);
    const remembered = today - LATE_DAYS - CONFIRMATION_DAYS;
    this.details.forgetBefore(remembered - REQUEST_DAYS - 1, remembered, today - DELIVERY_MEMORY_DAYS);
    const gone = this.confirmationRows.shiftWhile(({ at }) => at < this.confirmationsFrom);
    for (const row of gone) this.forget(row);
    const lessons = this.lessonRows.dropBefore(this.lessonsFrom);
    for (const { teacherHash } of lessons) this.countTeacher(teacherHash, -1);
    const deliveries = this.deliveryRows.dropBefore(this.deliveriesFrom);
    return gone.length + lessons.length + deliveries.length > 0;
  }
}

/** Lessons by start. */
class LessonList<R extends LessonRow> {
  private readonly sorted = new SortedRows<R>((a, b) => isBefore(b, a));
  private readonly known = new Map<string, R>();

  get rows(): readonly R[] {
    return this.sorted.rows;
  }

  get(lessonId: string): R | undefined {
    return this.known.get(lessonId);
  }

  set(lessonId: string, row: R | null): void {
    const before = this.known.get(lessonId);
    if (before) this.sorted.remove(before);
    if (row === null) this.known.delete(lessonId);
    else {
      this.sorted.insert(row);
      this.known.set(lessonId, row);
    }
  }

  /** Answers what was dropped. */
  dropBefore(from: Us): readonly R[] {
    const gone = this.sorted.shiftWhile(({ startsAt }) => startsAt < from);
    for (const row of gone) this.known.delete(row.lessonId);
    return gone;
  }
}

/** One telling, called off or not, with one end. */
function isSameLesson(a: LessonRow, b: LessonRow): boolean {
  return (
    a.source === b.source && a.id === b.id && a.at === b.at && a.cancelled === b.cancelled && a.endedAt === b.endedAt
  );
}

/** What a confirmation tells of its lesson. */
type Place = ConfirmationRow['lesson'];

interface NamedLesson {
  place: Place;
  readonly confirmIds: Set<string>;
}

function placeOf(row: LessonRow | null): Place {
  return row === null ? null : { startsAt: row.startsAt, cancelled: row.cancelled };
}

function isSamePlace(place: Place, row: LessonRow | null): boolean {
  if (place === null || row === null) return place === row;
  return place.startsAt === row.startsAt && place.cancelled === row.cancelled;
}
