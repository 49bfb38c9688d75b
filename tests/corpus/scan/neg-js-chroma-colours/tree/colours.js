import chroma from 'chroma-js';
import { scaleLinear } from 'd3-scale';

const collection = chroma.scale(['#fafa6e', '#2A4858']).mode('lch');

export function colours(values) {
  const scale = scaleLinear().domain([Math.min(...values), Math.max(...values)]);
  return values.map((v) => collection(scale(v)).hex());
}

export const query = (name) => chroma(name).darken().saturate(2).css();
