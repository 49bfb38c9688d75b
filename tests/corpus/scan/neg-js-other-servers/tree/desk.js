import { request } from 'undici';

const CHAT = 'https://chat.office.example/api/chat';
const PRINTER = 'http://localhost:8080/api/generate';
const STREETS = 'https://geo.example/v1/completions?q=';
const MODELS = 'https://cars.example/v1/models';
const BRAND = 'https://openai.example.org/logo.svg';
const RADIO = 'http://localhost:8000/v1/messages';

const send = async (url, body) => (await request(url, { method: 'POST', body: JSON.stringify(body) })).body.json();

export const say = (text) => send(CHAT, { message: text, room: 'gemini' });
export const pdf = (template, fields) => send(PRINTER, { model: 'invoice-a4', prompt: template, fields });
export const streets = async (start) => (await request(STREETS + start)).body.json();
export const cars = async () => (await request(MODELS)).body.json();
export const tell = (text) => send(RADIO, { text, logo: BRAND });
