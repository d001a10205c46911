import type { Us } from '../core/time.js';
import type { EventData, EventType } from '../events/event.js';

/**
 * Tells one event of an institution: who says it, when it happened, what. `knownAt`: when it is told at the earliest, if that is
 * later.
 */
export type Tell = <T extends EventType>(type: T, source: string, at: Us, data: EventData[T], knownAt?: Us) => void;
