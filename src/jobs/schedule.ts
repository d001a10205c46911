import type { Calendar } from '../core/calendar.js';
import { dayOf, startOfDay, US_PER_HOUR, US_PER_SECOND, type Us } from '../core/time.js';

/** When a job is due, in Asia/Shanghai: at a time of every day or of every working day, or every so many minutes of the hour. */
export type Schedule =
  | { readonly at: readonly [hour: number, minute: number]; readonly on: 'every_day' | 'working_days' }
  | { readonly everyMinutes: number };

const US_PER_MINUTE = 60 * US_PER_SECOND;

/** The last moment at or before `now` at which the job was due. */
export function lastDueAt(schedule: Schedule, now: Us, calendar: Calendar): Us {
  if ('everyMinutes' in schedule) {
    const step = schedule.everyMinutes * US_PER_MINUTE;
    return Math.floor(now / step) * step;
  }
  const today = dayOf(now);
  const day = now >= momentOf(today, schedule.at) ? today : today - 1;
  if (schedule.on === 'every_day') return momentOf(day, schedule.at);
  return momentOf(calendar.addWorkingDays(day + 1, -1), schedule.at);
}

/** The first moment after `now` at which the job is due. */
export function nextDueAt(schedule: Schedule, now: Us, calendar: Calendar): Us {
  if ('everyMinutes' in schedule) return lastDueAt(schedule, now, calendar) + schedule.everyMinutes * US_PER_MINUTE;
  const today = dayOf(now);
  const day = now < momentOf(today, schedule.at) ? today : today + 1;
  return momentOf(schedule.on === 'every_day' ? day : calendar.nextWorkingDayOnOrAfter(day), schedule.at);
}

/** For people. */
export function scheduleText(schedule: Schedule): string {
  if ('everyMinutes' in schedule) return `every ${schedule.everyMinutes} minutes`;
  const [hour, minute] = schedule.at.map((part) => String(part).padStart(2, '0'));
  return `${hour}:${minute} on ${schedule.on === 'every_day' ? 'every day' : 'working days'}`;
}

function momentOf(day: number, [hour, minute]: readonly [number, number]): Us {
  return startOfDay(day) + hour * US_PER_HOUR + minute * US_PER_MINUTE;
}
