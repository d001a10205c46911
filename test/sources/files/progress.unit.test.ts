import { describe, expect, it } from 'vitest';
import { advanceProgress, startProgress } from '../../../src/sources/files/progress.js';

describe('progress', () => {
  it('tells rate, share and time left from the bytes read', () => {
    const progress = advanceProgress(startProgress(1000, 0), 250, 500);
    expect(progress).toEqual({
      doneBytes: 250,
      totalBytes: 1000,
      share: 0.25,
      bytesPerSecond: 500,
      secondsLeft: 1.5,
      atMs: 500,
    });
  });

  it('does not count what an earlier run has read as speed', () => {
    const start = startProgress(1000, 0, 900);
    expect([start.share, start.secondsLeft]).toEqual([0.9, null]);
    expect(advanceProgress(start, 950, 1000)).toMatchObject({ bytesPerSecond: 50, secondsLeft: 1 });
  });

  it('knows neither share nor time left without a total', () => {
    expect(advanceProgress(startProgress(null, 0), 10, 1000)).toMatchObject({
      share: null,
      secondsLeft: null,
      bytesPerSecond: 10,
    });
  });

  it('follows a change of speed slowly', () => {
    let progress = advanceProgress(startProgress(null, 0), 100, 1000);
    progress = advanceProgress(progress, 100, 2000);
    expect(progress.bytesPerSecond).toBeLessThan(100);
    expect(progress.bytesPerSecond).toBeGreaterThan(70);
    for (let second = 3; second < 60; second++) progress = advanceProgress(progress, 100, second * 1000);
    expect(progress.bytesPerSecond).toBeLessThan(1);
  });

  it('stays sensible at the edges: an empty input, more than the total, a clock that stands or goes back', () => {
    expect(startProgress(0, 0)).toMatchObject({ share: 1, secondsLeft: 0 });
    const over = advanceProgress(startProgress(100, 0), 150, 1000);
    expect(over).toMatchObject({ share: 1, secondsLeft: 0 });
    expect(advanceProgress(over, 160, 1000)).toMatchObject({ doneBytes: 160, bytesPerSecond: 150, atMs: 1000 });
    expect(advanceProgress(over, 170, 500)).toMatchObject({ doneBytes: 170, bytesPerSecond: 150, atMs: 1000 });
  });
});
