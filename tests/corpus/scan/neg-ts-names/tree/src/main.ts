import Phaser from 'phaser';
import { generateText } from './ai';
import { people } from './people';

const claude = people.find((p) => p.name.startsWith('Claude'));

export class Cellar extends Phaser.Scene {
  create() {
    const gpt = this.add.group();
    people.forEach((p, i) => gpt.add(this.add.text(8, 16 * i, `${p.name} ${generateText('hunt', i)}`)));
    this.add.text(8, 200, claude?.model ?? 'nobody');
  }
}
