export type Mood = 'hunt' | 'flee';

/** The next step of an enemy: an agent in the old sense. */
export function generateText(mood: Mood, distance: number): string {
  return mood === 'hunt' && distance < 3 ? 'attacks' : 'waits';
}
