# frozen_string_literal: true

require "openai"

class Blurb
  MODEL = "gpt-4o"

  def initialize(client = OpenAI::Client.new)
    @client = client
  end

  def for(product)
    reply = @client.chat(
      parameters: {
        model: MODEL,
        messages: [{ role: "user", content: <<~TEXT }],
          Write a blurb of 40 words.
          Product: #{product.name}
          Made of: #{product.materials.join(", ")}
        TEXT
      }
    )
    reply.dig("choices", 0, "message", "content")
  end
end
