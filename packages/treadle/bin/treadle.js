#!/usr/bin/env node
// The command `treadle`; what it does is in src/cli.ts.
import '../dist/cli.js';
