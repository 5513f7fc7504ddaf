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
  bits: 7,
  packed: `
mXOP3/XysLdWvUO0dXcTeYRT5z7sjBt8hNhAnLXMlz3SL9VZab6XyXYNAIERgTf+q7c3tDFvDg2bxCXTIbPylhap7aYCLJ4OdZ+Y5nWsfMUqDRRCY6yeXlja
3hnqnTkS7830UpkxhTubzln8h0iHkJB3EoteEgwJfw2SF2KeYUQKaLg4zxJOLH5qsmAUNuAdukZD7aYm78mU5gNQvgZ86dZRhhFSjJAzMyJj59V7n0d1Mjwv
hBMTe9vHGYvkrQfhY+ZGy12F3a30oBYx0EK2revUTuZo28QqDtIkjP31gLPboUxBThrX/+lcYzLBx4eA2aknDlAbj8hSwYShpHjR1CZwwoLeMRR59/cTOtPq
qAOqNcMCz0N20Orkljmvoe6lw8WP9VAXq9Rw/G90n+oIE1HT4OB7/MPKH8RAfnMy4lBFNyfGz5jztscq3jml/EoYAIcwvZdXnBGZe5LN3T4qRhpYNWXzPOJo
UmU32+TL2g0T+gOjfHY4W8YYuUbcwj+nW9VVROJV5pm1
`,
};
