#!/usr/bin/env node
// The command `treadle`. The code is in src/cli.ts.
import '../dist/cli.js';
