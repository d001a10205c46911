import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { PrismaClient } from '../generated/prisma/client.js';

export type { PrismaClient };

/**
 * Prisma over an existing pool, for administration (keys, subscriptions, lists). Its own types apply: BigInt, Decimal, Date
 * (cut to milliseconds); the hot path and everything that needs exact times uses the pool itself.
 */
export function createPrisma(pool: pg.Pool): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg(pool) });
}
