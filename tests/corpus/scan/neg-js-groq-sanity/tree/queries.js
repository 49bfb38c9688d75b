import { createClient } from '@sanity/client';
import groq from 'groq';

export const client = createClient({ projectId: 'k3qz81', dataset: 'production', apiVersion: '2024-10-01', useCdn: true });

const byTag = groq`*[_type == "recipe" && $tag in tags] | order(name) { name, "model": oven->model }`;

export const recipes = (tag) => client.fetch(byTag, { tag });
export const completions = (start) => client.fetch(groq`*[name match $start].name`, { start: `${start}*` });
