'use client';
import { useChat } from 'ai/react';

export default function Page() {
  const { messages, input, handleInputChange, handleSubmit } = useChat();
  return (
    <form onSubmit={handleSubmit}>
      {messages.map((m) => <p key={m.id}>{m.role}: {m.content}</p>)}
      <input value={input} onChange={handleInputChange} placeholder="Ask about trains" />
    </form>
  );
}
