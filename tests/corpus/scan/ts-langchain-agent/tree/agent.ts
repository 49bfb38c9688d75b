import { ChatAnthropic } from "@langchain/anthropic";
import { tool } from "@langchain/core/tools";
import { createReactAgent } from "@langchain/langgraph/prebuilt";

const free = tool(async ({ day }: { day: string }) => `${day}: Ada, Kim`, {
  name: "free",
  description: "Who is free on a day",
  schema: { type: "object", properties: { day: { type: "string" } }, required: ["day"] },
});

const llm = new ChatAnthropic({ model: "claude-3-5-haiku-latest", temperature: 0 });
const agent = createReactAgent({ llm, tools: [free] });

const out = await agent.invoke({ messages: [{ role: "user", content: "Who can work on Friday?" }] });
console.log(out.messages.at(-1)?.content);
