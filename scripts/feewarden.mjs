#!/usr/bin/env node
// The command `feewarden`. In a checkout it builds first when the sources are newer than `dist`; then the program takes over.
import { build, isStale } from './build.mjs';

const NODE_MAJOR_MIN = 20;
const NODE_MINOR_MIN = 19;

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor < NODE_MINOR_MIN)) {
  fail(`feewarden needs Node.js ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN} or newer, and this is ${process.versions.node}.`);
}
try {
  if (isStale()) build({ onlyIfStale: true });
} catch (error) {
  fail(error.message);
}
await import('../dist/src/cli/main.js');

function fail(message) {
  console.error(message);
  process.exit(1);
}
