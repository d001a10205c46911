import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** Seconds of processor time and peak memory, where /proc exists; null elsewhere. */
export interface Usage {
  readonly cpuSeconds: number | null;
}

/** Of these times, in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** Ticks per second of /proc/<pid>/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const FIELD = { parent: 1, userTicks: 11, systemTicks: 12, childUserTicks: 13, childSystemTicks: 14 } as const;

export function percentiles(ms: readonly number[]): Percentiles | null {
  if (ms.length === 0) return null;
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Processor seconds that a process has used so far, its ended children included. Null where it cannot be known. */
export function cpuSecondsOf(pid: number): number | null {
  const fields = statFields(pid);
  if (fields === null) return null;
  const ticks = [FIELD.userTicks, FIELD.systemTicks, FIELD.childUserTicks, FIELD.childSystemTicks];
  return ticks.reduce((sum, at) => sum + Number(fields[at]), 0) / TICKS_PER_SECOND;
}

/** The same of a PostgreSQL server with all its processes. Those that ended are counted by their parent. */
export function cpuSecondsOfServer(pid: number): number | null {
  const own = cpuSecondsOf(pid);
  if (own === null) return null;
  return childrenOf(pid).reduce((sum, child) => sum + (cpuSecondsOf(child) ?? 0), own);
}

/** The most memory that a process has had (resident set), in bytes. */
export function peakMemoryOf(pid: number): number | null {
  return memoryField(pid, 'VmHWM');
}

export function memoryOf(pid: number): number | null {
  return memoryField(pid, 'VmRSS');
}

/** What else the machine does: more than its processors means that figures are too low. */
export function loadAverage(): number {
  return os.loadavg()[0]!;
}

function memoryField(pid: number, name: string): number | null {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? null : Number(kib) * 1_024;
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statFields(Number(name))?.[FIELD.parent] === String(pid))
    .map(Number);
}

/** The fields behind the name of the program, which may itself hold spaces. */
function statFields(pid: number): string[] | null {
  const text = read(`/proc/${pid}/stat`);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
