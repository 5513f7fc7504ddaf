// 150 iris flowers of three species (setosa, versicolor, virginica): length and width of sepal and petal, stored in mm and
// given in cm. From R. A. Fisher, "The use of multiple measurements in taxonomic problems" (1936), as "Iris" in the UCI
// Machine Learning Repository, https://doi.org/10.24432/C56C76, licensed under CC BY 4.0
// (https://creativecommons.org/licenses/by/4.0/), with rows 35 and 38 as in Fisher's article. This file is
// written by test/data/pack-embedded.ts.

import type { EmbeddedSet } from './embedded-set.ts';

export const irisData: EmbeddedSet = {
  name: 'iris',
  rows: 150,
  rowShape: [4],
  divisor: 10,
  packed: `
H+0CIxFmW27Lr47VZYcE4s/vSK+a8qpoqQn5oE0b/jcBGpcqBQ5qFkHmEG/hT+IEPOrYygkvA4EXFqJ3qXXJxDYEPQ4tDNCCg5BSXfvQ1l1MXTSQrEkQwDXp
bX+6Y9jiWadpXvqrH9d+WrZlP+9rHrpunNv52vquW8bUD8MKwza+b8dP/Lw+jv0exv34/Z2f/ne7PtZl//j637fld9vn53rG+7q2Y51wXhaEI5QVFOW5MBwz
hiipUI4wKgskVVFikiP8KjHLWUljdnddEftO/2FmFnxah0UikOu+3fHUBVtYlyPTYjsSsLR/Oywa75od4bsDgXgjFp5CVXlvGB4wk/BgYRHl7yHEQ4Z8xqkq
rCrCchCTEJGerCys8TYKZ33lOFbCE2Ol5UFEr01IFjPKwVpvpDBOVEopncsZpn487TYu0HQJmu560hCvOMwh9uOy99AvfRfaHmAa6lS3MASACjRoDVURQfmC
AmgDaCDCTwXAIyxsdvMe3c2jx5UWw9z/0a8+Zswws+Gj2zC77F0n7/PPfPc6+6m8K2rvPJl55tp3eD2Z56lVb61d+bHNAg==
`,
};
