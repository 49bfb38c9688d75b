require 'anthropic'
require 'thor'

module Polite
  class CLI < Thor
    desc 'rewrite MESSAGE', 'a kinder message'
    def rewrite(message)
      client = Anthropic::Client.new
      reply = client.messages.create(
        model: 'claude-3-5-sonnet-latest',
        max_tokens: 200,
        messages: [{ role: 'user', content: "Kinder, please: #{message}" }]
      )
      puts reply.content.first.text
    end
  end
end
