import { Agent } from 'node:https';
import { Controller, Get, Post, Body } from '@nestjs/common';
import { Transform, plainToInstance } from 'class-transformer';
import { model, Schema } from 'mongoose';

class Berth {
  @Transform(({ value }) => String(value).trim()) name!: string;
  embedding?: { width: number };
}

const Berths = model('gemini', new Schema({ name: String, model: String, prompt: String }));
export const transformers = [(b: Berth) => ({ ...b, name: b.name.toUpperCase() })];
export const agent = new Agent({ keepAlive: true });

@Controller('v1')
export class BerthController {
  @Get('models') models() { return Berths.find({ model: 'falcon' }); }
  @Post('completions') complete(@Body() body: object) {
    return transformers.reduce((b, f) => f(b) as Berth, plainToInstance(Berth, body));
  }
}
